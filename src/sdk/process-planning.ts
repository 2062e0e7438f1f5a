// What process() and its kin make of streams: one operator over one or two inputs, each with its event
// time in a hidden column, partitioned by its keys where it has some.
import { DataflowError, didYouMean } from '../base/errors.ts'
import { Schema } from '../columnar/schema.ts'
import { type Fields, sameType, typeName, utf8, withNullable } from '../columnar/type.ts'
import type { FailurePolicySpec } from '../operators/process-spec.ts'
import { checkOptions, optionNames, shown } from './given.ts'
import { EVENT_TIME, LogicalStream, refuseUpdating } from './logical-stream.ts'
import type { OutputTag } from './output-tag.ts'

/** What happens to a row at which the function throws. */
export interface FunctionOptions {
  /**
   * 'fail' fails the job (unless said otherwise); 'skip' drops the row and counts it as malformed; a tag
   * sends it to that side output: its columns are those of the row that the tag names, and in `error`
   * (utf8) what was thrown.
   */
  readonly onError?: 'fail' | 'skip' | Pick<OutputTag<Fields>, 'id' | 'schema'>
}

const FUNCTION_OPTIONS = optionNames<FunctionOptions>({ onError: true })

export interface ProcessInput {
  readonly stream: LogicalStream
  readonly keys: readonly string[]
  /** The method of the function that takes its rows. */
  readonly method: string
  /** All of its rows go to every subtask. */
  readonly broadcast?: true
}

export interface ProcessRequest {
  readonly inputs: readonly ProcessInput[]
  readonly closure: unknown
  /** The columns of what it emits; undefined: those of its first input. */
  readonly schema: Fields | undefined
  /** The operator's name. */
  readonly name: string
  /** What it is, in the plan. */
  readonly function: string
  readonly options: FunctionOptions
  readonly location: string | undefined
}

/** @throws GRAPH_INVALID, TYPE_MISMATCH, COLUMN_NOT_FOUND, CONFIG_INVALID */
export function planProcess(request: ProcessRequest): LogicalStream {
  const { name, location, closure, options } = request
  checkOptions(options, `the ${request.function}`, FUNCTION_OPTIONS)
  const inputs = request.inputs.map((input) => {
    refuseUpdating(input.stream, `${request.function}`)
    checkMethod(request, input.method)
    return { ...input, stream: input.stream.withEventTimeColumn(location) }
  })
  checkKeys(inputs)
  const streams = inputs.map(({ stream, keys, broadcast }) => {
    if (keys.length > 0) return stream.partitioned({ kind: 'hash', keys })
    return broadcast === true ? stream.partitioned({ kind: 'broadcast' }) : stream
  })
  const visible = request.schema === undefined ? streams[0]!.visible : Schema.of(request.schema)
  const time = eventTimeField(streams)
  const output = new Schema([...visible.fields, ...(time === undefined ? [] : [time])])
  const spec = {
    kind: 'process',
    closure: true,
    function: request.function,
    inputs: inputs.map(({ keys, method, broadcast }) => ({
      keys,
      method,
      ...(broadcast === true ? { broadcast } : {}),
    })),
    onError: failurePolicy(options, streams[0]!),
  } as const
  return LogicalStream.combine(
    streams,
    { spec, name, output, closure, ...(location === undefined ? {} : { location }) },
    time === undefined ? undefined : { kind: 'column', name: EVENT_TIME },
  )
}

/** Event time behind the function: there is some when an input has it, null for rows of the others. */
function eventTimeField(streams: readonly LogicalStream[]) {
  const times = streams.flatMap(({ schema }) =>
    schema.has(EVENT_TIME) ? [schema.field(EVENT_TIME).type] : [],
  )
  const [first] = times
  if (first === undefined) return undefined
  const other = times.find((type) => !sameType(type, first))
  if (other !== undefined) {
    throw new DataflowError(
      'TYPE_MISMATCH',
      `event time is ${typeName(first)} in one stream and ${typeName(other)} in another; ` +
        'cast one before assignWatermarks()',
    )
  }
  const isNullable = times.length < streams.length || times.some((type) => type.nullable)
  return { name: EVENT_TIME, type: withNullable(first, isNullable) }
}

/** Keyed inputs share keys: as many, of the same types. */
function checkKeys(inputs: readonly ProcessInput[]): void {
  const keyed = inputs.filter(({ keys }) => keys.length > 0)
  const types = keyed.map(({ keys, stream }) => keys.map((key) => stream.visible.field(key).type))
  const [first, ...others] = types
  for (const other of others) {
    const isSame =
      other.length === first!.length && other.every((type, i) => sameType(type, first![i]!))
    if (isSame) continue
    const text = (keys: typeof other) => keys.map(typeName).join(', ')
    throw new DataflowError(
      'TYPE_MISMATCH',
      `the streams are keyed by (${text(first!)}) and (${text(other)}): the same types meet; cast one`,
    )
  }
}

function checkMethod({ closure, function: name }: ProcessRequest, method: string): void {
  if (typeof closure === 'function') return
  const found = (closure as { readonly [method: string]: unknown } | null)?.[method]
  if (typeof found === 'function') return
  throw new DataflowError(
    'CONFIG_INVALID',
    `a ${name} has a method ${method}(), and this has none; give an object, a class or a factory`,
  )
}

/** @throws COLUMN_NOT_FOUND, TYPE_MISMATCH for a tag whose columns the rows have not */
export function failurePolicy(
  { onError = 'fail' }: FunctionOptions,
  { visible }: LogicalStream,
): FailurePolicySpec {
  if (onError === 'fail' || onError === 'skip') return { kind: onError }
  if (!((onError as Partial<typeof onError>).schema instanceof Schema)) {
    throw new DataflowError(
      'CONFIG_INVALID',
      `onError is 'fail', 'skip' or what outputTag() makes, and this is ${shown(onError)}`,
    )
  }
  for (const { name, type } of onError.schema.fields) {
    const given =
      name === 'error' ? utf8() : visible.has(name) ? visible.field(name).type : undefined
    if (given === undefined) {
      throw new DataflowError(
        'COLUMN_NOT_FOUND',
        `side output '${onError.id}' takes column '${name}', which the rows have not; ` +
          `they have theirs, and 'error'.${didYouMean(name, [...visible.names, 'error'])}`,
        { context: { column: name } },
      )
    }
    if (!sameType(given, type) || (given.nullable && !type.nullable)) {
      throw new DataflowError(
        'TYPE_MISMATCH',
        `side output '${onError.id}' takes '${name}' as ${typeName(type)}, and it is ${typeName(given)}`,
        { context: { column: name } },
      )
    }
  }
  return { kind: 'side', tag: onError.id }
}
