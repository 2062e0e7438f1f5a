// A job module whose closure tells where the thread that runs it keeps what Node compiled.
import { getCompileCacheDir } from 'node:module'
import { int32, type StreamExecutionEnvironment, utf8 } from 'millrace'

export default function job(env: StreamExecutionEnvironment): void {
  env
    .fromCollection([{ n: 1 }, { n: 2 }], { schema: { n: int32() } })
    .rebalance()
    .map(() => ({ folder: getCompileCacheDir() ?? 'none' }), { folder: utf8() })
    .where((row) => row.folder.contains('compile-cache'))
    .print()
}
