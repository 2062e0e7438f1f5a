// The REST interface over a real server: answers, and what it refuses.
import { request } from 'node:http'
import { describe, expect, it } from 'vitest'
import { type JobView, serveRest } from '../../src/jobmanager/rest-api.ts'

const job = {
  jobId: 'a1',
  name: 'flights',
  progress: () => ({ state: 'running', rows: 42 }),
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
