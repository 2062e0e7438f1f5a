// The REST interface over a real server: answers, and what it refuses.
import { request } from 'node:http'
import { describe, expect, it, vi } from 'vitest'
import { checksum } from '../../src/connectors/checksum.ts'
import {
  type Counter,
  type Histogram,
  int32,
  type OperatorProgress,
  type RuntimeContext,
  StreamExecutionEnvironment,
} from '../../src/index.ts'
import { type JobView, serveRest } from '../../src/jobmanager/rest-api.ts'

const job = {
  jobId: 'a1',
  name: 'flights',
  progress: () => ({ state: 'running', rows: 42 }),
  operators: () => [],
  plan: () => ({ vertices: [] }),
} as unknown as JobView

function get(port: number, path: string, host = 'localhost'): Promise<[number, unknown]> {
  return new Promise((resolve, reject) => {
    request({ port, host: '127.0.0.1', path, headers: { host } }, (response) => {
      let body = ''
      response.on('data', (part: Buffer) => (body += part.toString()))
      response.on('end', () => resolve([response.statusCode!, JSON.parse(body)]))
    })
      .on('error', reject)
      .end()
  })
}

describe('REST interface', () => {
  it('shows the jobs of the process', async () => {
    const server = await serveRest(0, () => [job])
    expect(await get(server.port, '/health')).toEqual([200, { status: 'ok' }])
    expect(await get(server.port, '/jobs')).toEqual([
      200,
      [{ jobId: 'a1', name: 'flights', state: 'running' }],
    ])
    expect(await get(server.port, '/jobs/a1')).toMatchObject([200, { rows: 42 }])
    expect(await get(server.port, '/jobs/a1/plan')).toEqual([200, { vertices: [] }])
    expect(await get(server.port, '/overview')).toEqual([200, { jobs: { running: 1 } }])
    expect(await get(server.port, '/jobs/b2')).toMatchObject([404, {}])
    await server.close()
  })

  it('shows what functions count and report, operator by operator, while the job runs', async () => {
    class Sized {
      #rows: Counter | undefined
      #sizes: Histogram | undefined
      open({ metrics, subtaskIndex }: RuntimeContext): void {
        this.#rows = metrics.counter('rows')
        this.#sizes = metrics.histogram('sizes')
        metrics.gauge('subtask', () => subtaskIndex)
      }

      map(row: { n: number }): { n: number } {
        this.#rows!.inc()
        this.#sizes!.update(row.n)
        return row
      }
    }
    const end = Promise.withResolvers<void>()
    const rows = Array.from({ length: 100 }, (_, i) => ({ n: i + 1 }))
    async function* held() {
      yield rows
      await end.promise
    }
    const env = StreamExecutionEnvironment.getExecutionEnvironment({
      parallelism: 2,
      config: { metricsIntervalMs: 1, batchRows: 10 },
    })
    env
      .fromAsyncIterable(held, { schema: { n: int32() } })
      .rebalance()
      .map(Sized)
      .setName('Sized')
      .sinkTo(checksum())
    const client = await env.executeAsync()
    const { jobId, progress, operators } = client
    const view = { jobId, name: 'sized', progress, operators, plan: () => ({}) }
    const server = await serveRest(0, () => [view])
    interface Answer {
      readonly operators: readonly OperatorProgress[]
    }
    const sized = async () => {
      const [status, body] = await get(server.port, `/jobs/${jobId}/metrics`)
      expect(status).toBe(200)
      return (body as Answer).operators.find(({ name }) => name === 'Sized')!
    }
    const countOf = ({ metrics: { rows: counted } }: OperatorProgress) =>
      counted?.kind === 'counter' ? counted.value : 0
    await vi.waitUntil(async () => countOf(await sized()) >= 100, { timeout: 30_000, interval: 5 })
    const expected = {
      parallelism: 2,
      rowsIn: 100,
      metrics: {
        rows: { kind: 'counter', value: 100 },
        subtask: { kind: 'gauge', values: [0, 1] },
        sizes: { kind: 'histogram', count: 100, min: 1, max: 100, mean: 50.5 },
      },
    }
    expect(await sized()).toMatchObject(expected)
    end.resolve()
    const result = await client.result()
    expect(result.operators.find(({ name }) => name === 'Sized')).toMatchObject(expected)
    expect(await get(server.port, '/jobs/b2/metrics')).toMatchObject([404, {}])
    await server.close()
  })

  it('answers no other host name than loopback ones', async () => {
    const server = await serveRest(0, () => [job])
    expect((await get(server.port, '/jobs', 'evil.example'))[0]).toBe(403)
    await server.close()
  })

  it('names the port when it is in use, and what to do', async () => {
    const first = await serveRest(0, () => [])
    await expect(serveRest(first.port, () => [])).rejects.toMatchObject({
      code: 'PORT_IN_USE',
      message: expect.stringMatching(new RegExp(`port ${first.port} .*--rest-port`)) as string,
    })
    await first.close()
  })
})
