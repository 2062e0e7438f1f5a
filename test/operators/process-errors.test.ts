// What a keyed function may not do with state, and what a restore refuses: each with an error that names the
// state, and a way on.
import { describe, expect, it } from 'vitest'
import { DataflowError } from '../../src/base/errors.ts'
import type { OperatorSnapshot } from '../../src/checkpoint/operator-state.ts'
import { Schema } from '../../src/columnar/schema.ts'
import {
  bool,
  type DataType,
  float64,
  int32,
  type KeyedContext,
  listStateDescriptor,
  nullable,
  type RuntimeContext,
  type Serializer,
  structured,
  utf8,
  type ValueState,
  valueStateDescriptor,
} from '../../src/index.ts'
import { Kernels } from '../../src/kernels/module.ts'
import type { ProcessSpec } from '../../src/operators/process-spec.ts'
import { createProcess } from '../../src/operators/process.ts'
import { keyOwners } from './key-owners.ts'
import { OperatorHarness } from './operator-harness.ts'

const kernels = new Kernels()
const INPUT = Schema.of({ key: utf8(), n: int32() })
const OUTPUT = Schema.of({ n: nullable(float64()) })
const SPEC: ProcessSpec = {
  kind: 'process',
  closure: true,
  function: 'KeyedProcessFunction',
  inputs: [{ method: 'processElement', keys: ['key'] }],
  onError: { kind: 'fail' },
}

interface Out {
  collect(row: object): void
}
type Element = (row: { n: number }, context: KeyedContext<string>, out: Out) => void

interface Given {
  readonly open?: (context: RuntimeContext) => void
  readonly processElement?: Element
}

async function harness(
  closure: Given,
  restore?: readonly OperatorSnapshot[],
  place = { subtaskIndex: 0, parallelism: 1 },
): Promise<OperatorHarness<ProcessSpec>> {
  const what = { kernels, factory: createProcess, config: SPEC, input: INPUT, output: OUTPUT }
  const whole = { processElement: () => undefined, ...closure }
  const made = new OperatorHarness({
    ...what,
    ...place,
    closure: whole,
    ...(restore === undefined ? {} : { restore }),
  })
  await made.open()
  return made
}

async function refusal(run: () => unknown): Promise<readonly [string, string]> {
  try {
    await run()
  } catch (error) {
    if (error instanceof DataflowError) return [error.code, error.message]
    throw error
  }
  throw new Error('it was taken')
}

/** What one row of key 'a' does. */
async function withRow(processElement: Element): Promise<readonly [string, string]> {
  const operator = await harness({ processElement })
  return refusal(() => operator.batch([{ key: 'a', n: 1 }]))
}

const put = (type: DataType | Serializer<unknown>, value: unknown): Element => {
  const descriptor = valueStateDescriptor('kept', type)
  return (_row, context) => context.getState(descriptor).update(value as never)
}

describe('state is refused', () => {
  it('under another type', async () => {
    const [code, message] = await withRow((_row, context) => {
      context.getState(valueStateDescriptor('kept', int32()))
      context.getState(valueStateDescriptor('kept', utf8()))
    })
    expect(code).toBe('STATE_MISUSED')
    expect(message).toContain("'kept' is value of int32, and is asked for as value of utf8")
  })

  it('under another kind', async () => {
    const [code, message] = await withRow((_row, context) => {
      context.getState(valueStateDescriptor('kept', int32()))
      context.getState(listStateDescriptor('kept', int32()))
    })
    expect(code).toBe('STATE_MISUSED')
    expect(message).toContain('asked for as list of int32')
  })

  it('outside of a keyed call, and after close', async () => {
    let state: ValueState<number> | undefined
    const open = (context: RuntimeContext): void => {
      state = context.getState(valueStateDescriptor('kept', int32()))
    }
    const operator = await harness({ open })
    const outside = await refusal(() => state!.value())
    expect(outside[0]).toBe('STATE_MISUSED')
    expect(outside[1]).toContain("state 'kept' is used outside of a keyed call")
    operator.close()
    await Promise.resolve()
    await Promise.resolve()
    expect((await refusal(() => state!.update(1)))[1]).toContain('after close')
  })

  it.each([
    [int32(), 1.5, 'TYPE_MISMATCH', '1.5 is no int32'],
    [int32(), 'a', 'TYPE_MISMATCH', "'a' is no int32"],
    [utf8(), 3, 'TYPE_MISMATCH', '3 is no utf8'],
    [bool(), 1, 'TYPE_MISMATCH', '1 is no bool'],
    [float64(), null, 'TYPE_MISMATCH', 'null is no float64'],
    [structured(), () => 1, 'VALUE_NOT_SERIALIZABLE', 'function'],
    [structured(), { a: [Symbol('x')] }, 'VALUE_NOT_SERIALIZABLE', 'Symbol(x)'],
  ] as const)('for a value that is none of the type (%#)', async (type, value, code, message) => {
    const found = await withRow(put(type as DataType, value))
    expect(found[0]).toBe(code)
    expect(found[1]).toContain(`processElement at row 0 {"key":"a","n":1}: state 'kept': `)
    expect(found[1]).toContain(message)
  })

  it('with a timer for no time', async () => {
    const found = await withRow((_row, context) =>
      context.timerService().registerEventTimeTimer(Number.NaN),
    )
    expect(found[0]).toBe('CONFIG_INVALID')
    expect(found[1]).toContain("a timer's time is NaN")
  })
})

const serializerOf = (version: number, name = 'mine', readsVersions: number[] = []) => ({
  name,
  version,
  readsVersions,
  serialize: (value: string) => new TextEncoder().encode(value),
  deserialize: (bytes: Uint8Array, written: number) =>
    `${new TextDecoder().decode(bytes)} v${written}`,
})

describe('a restore', () => {
  const snapshotOf = async (type: DataType | Serializer<string>): Promise<OperatorSnapshot> => {
    const operator = await harness({ processElement: put(type as DataType, 'x') })
    operator.batch([{ key: 'a', n: 1 }])
    return operator.snapshot()
  }
  const restored = async (
    type: DataType | Serializer<string>,
    snapshot: OperatorSnapshot,
  ): Promise<unknown> => {
    let value: unknown
    const operator = await harness(
      {
        processElement: (_row, context) => {
          value = context.getState(valueStateDescriptor('kept', type)).value()
        },
      },
      [snapshot],
    )
    operator.batch([{ key: 'a', n: 1 }])
    return value
  }

  it('refuses another type', async () => {
    const snapshot = await snapshotOf(utf8())
    const [code, message] = await refusal(() => restored(int32(), snapshot))
    expect(code).toBe('STATE_INCOMPATIBLE')
    expect(message).toContain("'kept' was written as value of utf8 and is now value of int32")
  })

  it('refuses another serializer, and a version that it does not read', async () => {
    const snapshot = await snapshotOf(serializerOf(1))
    expect(await restored(serializerOf(1), snapshot)).toBe('x v1')
    expect(await restored(serializerOf(2, 'mine', [1]), snapshot)).toBe('x v1')
    const [code, message] = await refusal(() => restored(serializerOf(2), snapshot))
    expect(code).toBe('STATE_INCOMPATIBLE')
    expect(message).toContain('by version 1 of its serializer, and is now of version 2')
    const other = await refusal(() => restored(serializerOf(1, 'other'), snapshot))
    expect(other[1]).toContain("values by serializer 'mine'")
  })

  it('hands on what nobody has asked for yet', async () => {
    const snapshot = await snapshotOf(utf8())
    const idle = await harness({}, [snapshot])
    expect(await restored(utf8(), idle.snapshot())).toBe('x')
  })
})

describe('state of a subtask', () => {
  const dealt = listStateDescriptor('dealt', int32())
  const shared = listStateDescriptor('shared', int32())
  /** Puts n into both lists, or tells of them. */
  const lists = () => {
    let context: RuntimeContext | undefined
    const states = () => ({
      dealt: context!.getOperatorState(dealt),
      shared: context!.getOperatorState(shared, 'union'),
    })
    const given: Given = {
      open: (runtime) => {
        context = runtime
      },
      processElement: ({ n }) => {
        states().dealt.add(n)
        states().shared.add(n)
      },
    }
    return { given, states }
  }

  it('is dealt out anew, or given to all, when the parallelism changes', async () => {
    const keys = ['a', 'b', 'c', 'd', 'e', 'f'].map((key, n) => ({ key, n }))
    const owners = keyOwners(kernels, Schema.of({ key: utf8() }), keys, {
      maxParallelism: 128,
      targets: 2,
    })
    const snapshots: OperatorSnapshot[] = []
    for (const subtaskIndex of [0, 1]) {
      const { given } = lists()
      const operator = await harness(given, undefined, { subtaskIndex, parallelism: 2 })
      operator.batch(keys, (_row, i) => owners[i] === subtaskIndex)
      snapshots.push(operator.snapshot())
    }
    const all: number[] = []
    for (const subtaskIndex of [0, 1, 2]) {
      const { given, states } = lists()
      await harness(given, snapshots, { subtaskIndex, parallelism: 3 })
      expect(states().shared.get().toSorted()).toEqual([0, 1, 2, 3, 4, 5])
      expect(states().dealt.get()).toHaveLength(2)
      all.push(...states().dealt.get())
    }
    expect(all.toSorted()).toEqual([0, 1, 2, 3, 4, 5])
  })

  it('is refused under another distribution, and with a TTL', async () => {
    const { given } = lists()
    const open = (context: RuntimeContext): void => {
      context.getOperatorState(dealt)
      context.getOperatorState(dealt, 'union')
    }
    expect((await refusal(() => harness({ ...given, open })))[0]).toBe('STATE_MISUSED')
    const withTtl = (context: RuntimeContext): void =>
      void context.getOperatorState(listStateDescriptor('x', int32(), { ttl: '1s' }))
    const [, message] = await refusal(() => harness({ ...given, open: withTtl }))
    expect(message).toContain('belongs to no key and cannot expire')
  })
})
