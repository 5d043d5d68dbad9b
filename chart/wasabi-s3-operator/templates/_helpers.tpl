{{- define "wasabi-s3-operator.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "wasabi-s3-operator.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" }}
{{- else }}
{{- $name := include "wasabi-s3-operator.name" . }}
{{- if contains $name .Release.Name }}
{{- .Release.Name | trunc 63 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" }}
{{- end }}
{{- end }}
{{- end }}

{{- define "wasabi-s3-operator.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "wasabi-s3-operator.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- required "serviceAccount.name: say which ServiceAccount to use, since serviceAccount.create is false" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{- /* What the pods of one release are found by; it never changes. */}}
{{- define "wasabi-s3-operator.selectorLabels" -}}
app.kubernetes.io/name: {{ include "wasabi-s3-operator.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "wasabi-s3-operator.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{ include "wasabi-s3-operator.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.labels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- /* Name, namespace, labels and annotations of an object; `root`, and maybe `suffix`, `namespace`, `annotations`, `labels`. */}}
{{- define "wasabi-s3-operator.metadata" -}}
name: {{ include "wasabi-s3-operator.fullname" .root }}{{ with .suffix }}-{{ . }}{{ end }}
{{- if ne (default "" .namespace) "-" }}
namespace: {{ default .root.Release.Namespace .namespace }}
{{- end }}
labels:
  {{- include "wasabi-s3-operator.labels" .root | nindent 2 }}
  {{- with .labels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- $annotations := merge (dict) (default (dict) .annotations) .root.Values.annotations }}
{{- with $annotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "wasabi-s3-operator.image" -}}
{{- with .Values.image }}
{{- if .digest }}
{{- printf "%s@%s" .repository .digest }}
{{- else }}
{{- printf "%s:%s" .repository (default $.Chart.AppVersion .tag) }}
{{- end }}
{{- end }}
{{- end }}

{{- /* The namespaces that are watched, as {"namespaces": […]}; empty: all. */}}
{{- define "wasabi-s3-operator.watched" -}}
{{- $watched := list }}
{{- if eq .Values.operator.watchScope "namespaced" }}
{{- $watched = default (list .Release.Namespace) .Values.operator.watchNamespaces }}
{{- end }}
{{- dict "namespaces" $watched | toJson }}
{{- end }}

{{- /* The namespaces in which keys are delivered, as {"namespaces": […]}; empty: all. */}}
{{- define "wasabi-s3-operator.deliveries" -}}
{{- $watched := (include "wasabi-s3-operator.watched" . | fromJson).namespaces }}
{{- $listed := .Values.rbac.namespaces }}
{{- $namespaces := concat $watched $listed | uniq }}
{{- if and (eq .Values.rbac.preset "minimal") $listed }}
{{- $namespaces = $listed }}
{{- end }}
{{- if eq .Values.operator.watchScope "cluster" }}
{{- $namespaces = ternary (list) (default (list .Release.Namespace) $listed) (eq .Values.rbac.preset "full") }}
{{- end }}
{{- dict "namespaces" $namespaces | toJson }}
{{- end }}
