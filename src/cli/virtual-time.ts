// A cluster in one thread, in a time of its own: while anything can be done it stands, and when all wait it
// moves on to the next moment that somebody waits for. `millrace nexmark --virtual-clock` runs queries in it.
//
// VT1  What comes out is a function of the job: of no machine, and no other time.
import { VirtualClock } from '../base/virtual-clock.ts'
import type { JobClient, JobExecutor, JobSubmission } from '../graph/submission.ts'
import { SimulatedCluster } from '../testing/simulated-cluster.ts'

/** Decides what goes first where nothing else does. */
const SEED = 1

export class VirtualTimeCluster implements JobExecutor {
  readonly #startMs: number

  /** @param startMs when time begins, milliseconds since the epoch */
  constructor(startMs: number) {
    this.#startMs = startMs
  }

  async submit(submission: JobSubmission): Promise<JobClient> {
    const cluster = new SimulatedCluster(SEED, new VirtualClock(this.#startMs))
    const client = await cluster.submit(submission)
    void passTime(cluster, client)
    return client
  }
}

async function passTime(cluster: SimulatedCluster, client: JobClient): Promise<void> {
  const job = { hasEnded: false }
  const end = (): void => {
    job.hasEnded = true
  }
  client.result().then(end, end)
  const { clock } = cluster
  while (!job.hasEnded) {
    // One at a time: a moment may make work, and that work ask for a sooner one than the next.
    await cluster.settle()
    if (Number.isFinite(clock.nextMs)) clock.advanceTo(Math.max(clock.now(), clock.nextMs))
  }
}
