// Type tests of watermark strategies: programs that must compile, and programs that must not.
import {
  bool,
  col,
  csv,
  type DataStream,
  int32,
  int64,
  type StreamExecutionEnvironment,
  timestamp,
  WatermarkStrategy,
} from '../../src/index.ts'

declare const env: StreamExecutionEnvironment

const schema = { time: timestamp('ms'), seconds: int64(), n: int32(), last: bool() }
const rows = env.fromSource(csv('rows.csv', { schema }))

const timed: DataStream<typeof schema> = rows.assignTimestampsAndWatermarks(
  WatermarkStrategy.forMonotonousTimestamps('time'),
)
timed.assignTimestampsAndWatermarks(
  WatermarkStrategy.forBoundedOutOfOrderness((r) => r.seconds.cast(timestamp('s')), '5s'),
)
rows.assignTimestampsAndWatermarks(WatermarkStrategy.punctuated('time', (r) => r.last))
rows.assignTimestampsAndWatermarks(
  WatermarkStrategy.forGenerator('time', () => ({
    onEvent(row, timestampMs, output) {
      const n: number = row.n
      output.emitWatermark(timestampMs - n)
    },
    onPeriodicEmit: (output) => output.markIdle(),
  })),
)
rows.assignTimestampsAndWatermarks(
  WatermarkStrategy.forMonotonousTimestamps('time').withIdleness('10s'),
)
rows.assignTimestampsAndWatermarks(
  WatermarkStrategy.forMonotonousTimestamps<typeof schema>((r) => r.time).withoutIdleness(),
)
rows.assignTimestampsAndWatermarks(
  WatermarkStrategy.forMonotonousTimestamps(col('time', timestamp('ms'))),
)
rows.assignWatermarks('time', { maxOutOfOrderness: '5s', idleness: '1m' })

// @ts-expect-error a column that is no timestamp
rows.assignTimestampsAndWatermarks(WatermarkStrategy.forMonotonousTimestamps('n'))
rows.assignTimestampsAndWatermarks(
  // @ts-expect-error an expression that is none
  WatermarkStrategy.forMonotonousTimestamps((r) => r.n.add(1)),
)
// @ts-expect-error no length of time
WatermarkStrategy.forBoundedOutOfOrderness('time', '5 parsecs')
// @ts-expect-error a punctuation is bool
rows.assignTimestampsAndWatermarks(WatermarkStrategy.punctuated('time', (r) => r.n))
rows.assignTimestampsAndWatermarks(
  // @ts-expect-error a generator sees rows with these columns
  WatermarkStrategy.forGenerator('time', () => ({ onEvent: (row) => void row.absent })),
)
env.fromCollection([{ n: 1 }]).assignTimestampsAndWatermarks(
  // @ts-expect-error the columns of a strategy must be there
  WatermarkStrategy.forMonotonousTimestamps<typeof schema>('time'),
)
