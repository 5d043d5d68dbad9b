/** Series of a case: as Prometheus scrapes them, and their values a minute apart in the notation of `promtool test rules`. */
export type Series = Readonly<Record<string, string>>;

/** When an alert fires, and when it does not. */
export interface AlertCase {
  readonly fires: Series;
  /** Another way to the same. */
  readonly firesToo?: Series;
  /** The labels that it fires with, beside its severity. */
  readonly labels: Readonly<Record<string, string>>;
  /** Almost the same, and nothing to tell anybody. */
  readonly quiet: Series;
  /** When both are looked at, hours from the start; time begins at 0. */
  readonly atHours?: number;
}

const NAME = 'wasabi_s3_operator_';
const ONE = 'namespace="storage",job="operator",instance="a"';
const TWO = 'namespace="storage",job="operator",instance="b"';
const inStorage = { namespace: 'storage' };
const bucketsInStorage = { namespace: 'storage', kind: 'Bucket' };

/** One case an alert, by its name. */
export const ALERT_CASES: Readonly<Record<string, AlertCase>> = {
  WasabiOperatorAbsent: {
    fires: { [`up{${ONE}}`]: '0x300' },
    labels: {},
    quiet: { [`${NAME}build_info{${ONE}}`]: '1x300' },
  },
  WasabiOperatorNoLeader: {
    fires: { [`${NAME}leader{${ONE}}`]: '0x300', [`${NAME}leader{${TWO}}`]: '0x300' },
    labels: inStorage,
    quiet: { [`${NAME}leader{${ONE}}`]: '0x300', [`${NAME}leader{${TWO}}`]: '1x300' },
  },
  WasabiProviderNotReady: {
    fires: { [`${NAME}not_ready_since_timestamp_seconds{${ONE},kind="Provider"}`]: '60x300' },
    labels: inStorage,
    // Each is Ready after a minute; one that is deleted, or suspended, is in no such series.
    quiet: {
      [`${NAME}not_ready_since_timestamp_seconds{${ONE},kind="Provider"}`]: '0+60x300',
      [`${NAME}objects{${ONE},kind="Provider",condition="Ready",status="False"}`]: '1x300',
      [`${NAME}not_ready_since_timestamp_seconds{${ONE},kind="Bucket"}`]: '60x300',
    },
  },
  WasabiCredentialsRefused: {
    fires: { [`${NAME}objects{${ONE},kind="Provider",condition="AuthValid",status="False"}`]: '2x300' },
    labels: inStorage,
    // A network that fails says nothing of the credentials; they are told as refused for a minute while a key is replaced.
    quiet: {
      [`${NAME}objects{${ONE},kind="Provider",condition="AuthValid",status="Unknown"}`]: '2x300',
      [`${NAME}objects{${ONE},kind="Provider",condition="AuthValid",status="False"}`]: '1 0 1 0 1 0x200 1',
    },
    atHours: 3,
  },
  WasabiObjectNotReady: {
    fires: { [`${NAME}not_ready_since_timestamp_seconds{${ONE},kind="Bucket"}`]: '60x300' },
    labels: bucketsInStorage,
    // Each object is Ready after a minute, and there is always another one that is not yet.
    quiet: { [`${NAME}not_ready_since_timestamp_seconds{${ONE},kind="Bucket"}`]: '0+60x300' },
  },
  WasabiDeletionBlocked: {
    fires: { [`${NAME}deleting_since_timestamp_seconds{${ONE},kind="Bucket"}`]: '60x300' },
    labels: bucketsInStorage,
    quiet: { [`${NAME}deleting_since_timestamp_seconds{${ONE},kind="Bucket"}`]: '0+60x300' },
  },
  WasabiRotationOverdue: {
    fires: { [`${NAME}access_key_rotation_due_timestamp_seconds{${ONE},kind="AccessKey"}`]: '60x300' },
    labels: inStorage,
    quiet: { [`${NAME}access_key_rotation_due_timestamp_seconds{${ONE},kind="AccessKey"}`]: '99999x300' },
  },
  WasabiForeignKey: {
    fires: { [`${NAME}foreign_access_keys{${ONE}}`]: '1x300', [`${NAME}foreign_access_keys{${TWO}}`]: '1x300' },
    labels: inStorage,
    // Somebody makes a key, sees what it does, and deletes it again.
    quiet: { [`${NAME}foreign_access_keys{${ONE}}`]: '0x150 1x20 0x130' },
  },
  WasabiKeyOld: {
    fires: { [`${NAME}access_key_oldest_timestamp_seconds{${ONE},kind="AccessKey"}`]: '-31622401x300' },
    labels: inStorage,
    quiet: { [`${NAME}access_key_oldest_timestamp_seconds{${ONE},kind="AccessKey"}`]: '-30000000x300' },
  },
  WasabiThrottled: {
    fires: { [`${NAME}rate_limit_hits_total{${ONE},source="throttled"}`]: '0+60x300' },
    // Nothing but refusals, of which each is waited out for a minute.
    firesToo: {
      [`${NAME}rate_limit_hits_total{${ONE},source="throttled"}`]: '0+1x300',
      [`${NAME}api_call_total{${ONE},service="s3",operation="GetBucketTagging",status="503"}`]: '0+1x300',
    },
    labels: inStorage,
    quiet: {
      [`${NAME}rate_limit_hits_total{${ONE},source="throttled"}`]: '0+1x300',
      [`${NAME}api_call_total{${ONE},service="s3",operation="GetBucketTagging",status="503"}`]: '0+1x300',
      [`${NAME}api_call_total{${ONE},service="s3",operation="GetBucketTagging",status="200"}`]: '0+60x300',
      [`${NAME}rate_limit_hits_total{${ONE},source="waited"}`]: '0+600x300',
    },
  },
  WasabiDriftFight: {
    // Once an hour, as often as objects are compared.
    fires: {
      [`${NAME}drift_detected_total{${ONE},kind="Bucket",change="Set:tags"}`]:
        '0x59 1x59 2x59 3x59 4x59 5x59 6x59 7x59 8x59 9x59 10x300',
    },
    labels: { ...bucketsInStorage, change: 'Set:tags' },
    // A hundred buckets were changed at once, and repaired.
    quiet: { [`${NAME}drift_detected_total{${ONE},kind="Bucket",change="Set:tags"}`]: '0x30 100x800' },
    atHours: 11,
  },
  WasabiQueueNotDraining: {
    fires: { [`${NAME}workqueue_depth{${ONE},kind="Bucket"}`]: '9x300', [`${NAME}leader{${ONE}}`]: '1x300' },
    labels: { ...bucketsInStorage, job: 'operator', instance: 'a' },
    // Who stands by has all objects waiting.
    quiet: {
      [`${NAME}workqueue_depth{${ONE},kind="Bucket"}`]: '9x300',
      [`${NAME}leader{${ONE}}`]: '0x300',
      [`${NAME}workqueue_depth{${TWO},kind="Bucket"}`]: '9 0 9 0 9 0 9 0x290',
      [`${NAME}leader{${TWO}}`]: '1x300',
    },
  },
  WasabiQueueSlow: {
    fires: {
      [`${NAME}workqueue_wait_duration_seconds_bucket{${ONE},kind="Bucket",le="30"}`]: '0+8x300',
      [`${NAME}workqueue_wait_duration_seconds_bucket{${ONE},kind="Bucket",le="60"}`]: '0+10x300',
      [`${NAME}workqueue_wait_duration_seconds_bucket{${ONE},kind="Bucket",le="+Inf"}`]: '0+10x300',
    },
    labels: bucketsInStorage,
    // One of a hundred waits for a minute.
    quiet: {
      [`${NAME}workqueue_wait_duration_seconds_bucket{${ONE},kind="Bucket",le="30"}`]: '0+99x300',
      [`${NAME}workqueue_wait_duration_seconds_bucket{${ONE},kind="Bucket",le="60"}`]: '0+100x300',
      [`${NAME}workqueue_wait_duration_seconds_bucket{${ONE},kind="Bucket",le="+Inf"}`]: '0+100x300',
    },
  },
  WasabiOperatorRefused: {
    fires: { [`${NAME}kube_call_total{${ONE},verb="get",resource="secrets",code="403"}`]: '0+1x300' },
    labels: { ...inStorage, verb: 'get', resource: 'secrets' },
    quiet: { [`${NAME}kube_call_total{${ONE},verb="get",resource="secrets",code="404"}`]: '0+1x300' },
  },
  WasabiOperatorRelisting: {
    fires: { [`${NAME}reflector_relists_total{${ONE},kind="Bucket",reason="Expired"}`]: '0+1x300' },
    labels: bucketsInStorage,
    quiet: {
      [`${NAME}reflector_relists_total{${ONE},kind="Bucket",reason="Expired"}`]: '0+0.1x300',
      // The Secrets of forty Providers that come are listed for the first time.
      [`${NAME}reflector_relists_total{${ONE},kind="Secret",reason="Start"}`]: '0+1x300',
    },
  },
  WasabiWatchSilent: {
    fires: { [`${NAME}reflector_last_contact_timestamp_seconds{${ONE},kind="Bucket"}`]: '60x300' },
    labels: bucketsInStorage,
    // Every ten minutes a watch comes to its end, and nothing happened meanwhile.
    quiet: { [`${NAME}reflector_last_contact_timestamp_seconds{${ONE},kind="Bucket"}`]: '9600x160 10200x10 10800x30' },
  },
  WasabiOperatorDefect: {
    // The first one of all.
    fires: { [`${NAME}error_total{${ONE},kind="Bucket",type="Internal"}`]: '0x160 1x140' },
    labels: bucketsInStorage,
    quiet: { [`${NAME}error_total{${ONE},kind="Bucket",type="Transient"}`]: '0+1x300' },
  },
};
