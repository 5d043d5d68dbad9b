import { POD_MESSAGES } from './pod-messages.ts';

/**
 * How messages of Kubernetes look in protobuf, one each: its name, then `JSON name=number:type`; indented lines go on.
 * Types: `int`, `bool`, `string`, `bytes`, another message, `[list]`, `{map}` by text. With a `?` the zero value is a
 * value like any other; without, it is the same as none. The fields of `...` stand in the message itself.
 * Source: k8s.io/api and k8s.io/apimachinery v0.36.3, the tags of the Go types.
 */
export const MESSAGES = `
Preconditions uid=1:string? resourceVersion=2:string?
DeleteOptions gracePeriodSeconds=1:int? preconditions=2:Preconditions orphanDependents=3:bool?
  propagationPolicy=4:string? dryRun=5:[string] ignoreStoreReadErrorWithClusterBreakingPotential=6:bool?
OwnerReference apiVersion=5:string kind=1:string name=3:string uid=4:string controller=6:bool?
  blockOwnerDeletion=7:bool?
ManagedFieldsEntry manager=1:string operation=2:string apiVersion=3:string time=4:Time fieldsType=6:string
  fieldsV1=7:FieldsV1 subresource=8:string
ObjectMeta name=1:string generateName=2:string namespace=3:string selfLink=4:string uid=5:string
  resourceVersion=6:string generation=7:int creationTimestamp=8:Time deletionTimestamp=9:Time
  deletionGracePeriodSeconds=10:int? labels=11:{string} annotations=12:{string} ownerReferences=13:[OwnerReference]
  finalizers=14:[string] managedFields=17:[ManagedFieldsEntry]
NamespaceSpec finalizers=1:[string]
NamespaceCondition type=1:string status=2:string lastTransitionTime=4:Time reason=5:string message=6:string
NamespaceStatus phase=1:string conditions=2:[NamespaceCondition]
Namespace metadata=1:ObjectMeta spec=2:NamespaceSpec status=3:NamespaceStatus
Secret metadata=1:ObjectMeta immutable=5:bool? data=2:{bytes} stringData=4:{string} type=3:string
ConfigMap metadata=1:ObjectMeta immutable=4:bool? data=2:{string} binaryData=3:{bytes}
ObjectReference kind=1:string namespace=2:string name=3:string uid=4:string apiVersion=5:string
  resourceVersion=6:string fieldPath=7:string
LocalObjectReference name=1:string
ServiceAccount metadata=1:ObjectMeta secrets=2:[ObjectReference] imagePullSecrets=3:[LocalObjectReference]
  automountServiceAccountToken=4:bool?
EventSource component=1:string host=2:string
EventSeries count=1:int lastObservedTime=2:MicroTime
Event metadata=1:ObjectMeta involvedObject=2:ObjectReference reason=3:string message=4:string source=5:EventSource
  firstTimestamp=6:Time lastTimestamp=7:Time count=8:int type=9:string eventTime=10:MicroTime series=11:EventSeries
  action=12:string related=13:ObjectReference reportingComponent=14:string reportingInstance=15:string
events.EventSeries count=1:int lastObservedTime=2:MicroTime
events.Event metadata=1:ObjectMeta eventTime=2:MicroTime series=3:events.EventSeries reportingController=4:string
  reportingInstance=5:string action=6:string reason=7:string regarding=8:ObjectReference related=9:ObjectReference
  note=10:string type=11:string deprecatedSource=12:EventSource deprecatedFirstTimestamp=13:Time
  deprecatedLastTimestamp=14:Time deprecatedCount=15:int
LeaseSpec holderIdentity=1:string? leaseDurationSeconds=2:int? acquireTime=3:MicroTime renewTime=4:MicroTime
  leaseTransitions=5:int? strategy=6:string? preferredHolder=7:string?
Lease metadata=1:ObjectMeta spec=2:LeaseSpec
LabelSelectorRequirement key=1:string operator=2:string values=3:[string]
LabelSelector matchLabels=1:{string} matchExpressions=2:[LabelSelectorRequirement]
RollingUpdateDeployment maxUnavailable=1:IntOrString maxSurge=2:IntOrString
DeploymentStrategy type=1:string rollingUpdate=2:RollingUpdateDeployment
DeploymentSpec replicas=1:int? selector=2:LabelSelector template=3:PodTemplateSpec strategy=4:DeploymentStrategy
  minReadySeconds=5:int revisionHistoryLimit=6:int? paused=7:bool progressDeadlineSeconds=9:int?
DeploymentCondition type=1:string status=2:string lastUpdateTime=6:Time lastTransitionTime=7:Time reason=4:string
  message=5:string
DeploymentStatus observedGeneration=1:int replicas=2:int updatedReplicas=3:int readyReplicas=7:int
  availableReplicas=4:int unavailableReplicas=5:int terminatingReplicas=9:int? conditions=6:[DeploymentCondition]
  collisionCount=8:int?
Deployment metadata=1:ObjectMeta spec=2:DeploymentSpec status=3:DeploymentStatus
PersistentVolumeClaimCondition type=1:string status=2:string lastProbeTime=3:Time lastTransitionTime=4:Time
  reason=5:string message=6:string
ModifyVolumeStatus targetVolumeAttributesClassName=1:string status=2:string
PersistentVolumeClaimStatus phase=1:string accessModes=2:[string] capacity=3:{Quantity}
  conditions=4:[PersistentVolumeClaimCondition] allocatedResources=5:{Quantity} allocatedResourceStatuses=7:{string}
  currentVolumeAttributesClassName=8:string? modifyVolumeStatus=9:ModifyVolumeStatus
PersistentVolumeClaim metadata=1:ObjectMeta spec=2:PersistentVolumeClaimSpec status=3:PersistentVolumeClaimStatus
RollingUpdateStatefulSetStrategy partition=1:int? maxUnavailable=2:IntOrString
StatefulSetUpdateStrategy type=1:string rollingUpdate=2:RollingUpdateStatefulSetStrategy
StatefulSetPersistentVolumeClaimRetentionPolicy whenDeleted=1:string whenScaled=2:string
StatefulSetOrdinals start=1:int
StatefulSetSpec replicas=1:int? selector=2:LabelSelector template=3:PodTemplateSpec
  volumeClaimTemplates=4:[PersistentVolumeClaim] serviceName=5:string podManagementPolicy=6:string
  updateStrategy=7:StatefulSetUpdateStrategy revisionHistoryLimit=8:int? minReadySeconds=9:int
  persistentVolumeClaimRetentionPolicy=10:StatefulSetPersistentVolumeClaimRetentionPolicy
  ordinals=11:StatefulSetOrdinals
StatefulSetCondition type=1:string status=2:string lastTransitionTime=3:Time reason=4:string message=5:string
StatefulSetStatus observedGeneration=1:int replicas=2:int readyReplicas=3:int currentReplicas=4:int
  updatedReplicas=5:int currentRevision=6:string updateRevision=7:string collisionCount=9:int?
  conditions=10:[StatefulSetCondition] availableReplicas=11:int
StatefulSet metadata=1:ObjectMeta spec=2:StatefulSetSpec status=3:StatefulSetStatus
RollingUpdateDaemonSet maxUnavailable=1:IntOrString maxSurge=2:IntOrString
DaemonSetUpdateStrategy type=1:string rollingUpdate=2:RollingUpdateDaemonSet
DaemonSetSpec selector=1:LabelSelector template=2:PodTemplateSpec updateStrategy=3:DaemonSetUpdateStrategy
  minReadySeconds=4:int revisionHistoryLimit=6:int?
DaemonSetCondition type=1:string status=2:string lastTransitionTime=3:Time reason=4:string message=5:string
DaemonSetStatus currentNumberScheduled=1:int numberMisscheduled=2:int desiredNumberScheduled=3:int numberReady=4:int
  observedGeneration=5:int updatedNumberScheduled=6:int numberAvailable=7:int numberUnavailable=8:int
  collisionCount=9:int? conditions=10:[DaemonSetCondition]
DaemonSet metadata=1:ObjectMeta spec=2:DaemonSetSpec status=3:DaemonSetStatus
${POD_MESSAGES}`;
