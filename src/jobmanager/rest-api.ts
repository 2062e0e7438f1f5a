// Shell: the JobManager's REST interface over the jobs of this process. Read-only: who may start or stop
// jobs over a network is for the daemons to decide, with tokens.
//
// RA1  It binds to loopback, and answers only requests whose Host is a loopback name: a page in a browser
//      that rebinds its name to this address gets nothing.
import { type ServerType, serve } from '@hono/node-server'
import { Hono } from 'hono'
import { DataflowError } from '../base/errors.ts'
import type { JobProgress, OperatorProgress } from '../graph/submission.ts'

/** A job as the interface shows it. */
export interface JobView {
  readonly jobId: string
  readonly name: string
  progress(): JobProgress
  operators(): readonly OperatorProgress[]
  /** The plan as data. */
  plan(): unknown
}

export interface RestServer {
  readonly port: number
  close(): Promise<void>
}

const LOOPBACK_HOST = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/

function routes(jobs: () => readonly JobView[]): Hono {
  const app = new Hono()
  app.use(async (context, next) => {
    if (!LOOPBACK_HOST.test(context.req.header('host') ?? '')) {
      return context.json({ error: 'this address answers only on localhost' }, 403)
    }
    return next()
  })
  const found = (jobId: string): JobView | undefined => jobs().find((job) => job.jobId === jobId)
  app.get('/health', (context) => context.json({ status: 'ok' }))
  app.get('/overview', (context) => {
    const states = Object.groupBy(jobs(), (job) => job.progress().state)
    const counts = Object.entries(states).map(([state, some]) => [state, some.length])
    return context.json({ jobs: Object.fromEntries(counts) as Record<string, number> })
  })
  app.get('/jobs', (context) =>
    context.json(
      jobs().map((job) => ({ jobId: job.jobId, name: job.name, state: job.progress().state })),
    ),
  )
  app.get('/jobs/:jobId', (context) => {
    const job = found(context.req.param('jobId'))
    if (job === undefined) return context.json({ error: 'there is no such job' }, 404)
    return context.json({ jobId: job.jobId, name: job.name, ...job.progress() })
  })
  app.get('/jobs/:jobId/metrics', (context) => {
    const job = found(context.req.param('jobId'))
    if (job === undefined) return context.json({ error: 'there is no such job' }, 404)
    return context.json({ jobId: job.jobId, name: job.name, operators: job.operators() })
  })
  app.get('/jobs/:jobId/plan', (context) => {
    const job = found(context.req.param('jobId'))
    if (job === undefined) return context.json({ error: 'there is no such job' }, 404)
    return context.json(job.plan() as Record<string, unknown>)
  })
  return app
}

/**
 * Starts the interface on 127.0.0.1; port 0 takes a free one.
 * @throws PORT_IN_USE when another process listens there
 */
export function serveRest(port: number, jobs: () => readonly JobView[]): Promise<RestServer> {
  return new Promise((resolve, reject) => {
    const server: ServerType = serve(
      { fetch: routes(jobs).fetch, port, hostname: '127.0.0.1' },
      (address) => resolve({ port: address.port, close: () => closed(server) }),
    )
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, port)))
  })
}

function closed(server: ServerType): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    if ('closeAllConnections' in server) server.closeAllConnections()
  })
}

function listenError(error: NodeJS.ErrnoException, port: number): DataflowError {
  if (error.code === 'EADDRINUSE') {
    return new DataflowError(
      'PORT_IN_USE',
      `port ${port} of 127.0.0.1 is taken by another process; choose another with --rest-port ` +
        `(0 takes a free one), or stop the other`,
      { cause: error },
    )
  }
  return new DataflowError('CONFIG_INVALID', `cannot listen on port ${port}: ${error.message}`, {
    cause: error,
  })
}
