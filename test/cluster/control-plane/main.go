// A Kubernetes control plane in one binary: etcd, kube-apiserver and
// kube-controller-manager, chosen by the name it is called by. One link of the
// shared packages instead of three makes the build three times cheaper, and
// Go modules are the one source that needs no release download.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
)

func main() {
	switch name := filepath.Base(os.Args[0]); name {
	case "etcd":
		etcdmain.Main(os.Args)
	case "kube-apiserver":
		os.Exit(cli.Run(apiserver.NewAPIServerCommand()))
	case "kube-controller-manager":
		os.Exit(cli.Run(controllermanager.NewControllerManagerCommand()))
	default:
		fmt.Fprintf(os.Stderr, "called as %q; call it as etcd, kube-apiserver or kube-controller-manager\n", name)
		os.Exit(2)
	}
}
