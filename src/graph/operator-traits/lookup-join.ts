// Traits of the look-up join: it passes its stream's columns on and adds some of a table's.
import { Schema } from '../../columnar/schema.ts'
import { kernel, type Names, type OperatorTraits, type SpecOf } from './operator-traits.ts'

export const lookupJoin: OperatorTraits<SpecOf<'lookupJoin'>> = {
  inputColumns: joinNeeds,
  prune(spec, needed, [input]) {
    const { take, ...pruned } = takesNeeded(spec, needed, input!)
    const read = new Set([...take.map(([, from]) => from), ...spec.on.map(([, from]) => from)])
    const tableColumns = spec.tableColumns.filter(({ name }) => read.has(name))
    return { spec: { ...spec, take, tableColumns }, ...pruned }
  },
  output: joinOutput,
  engine: () => kernel('a hash table of the whole table in each subtask'),
  detail: joinText,
}

type JoinColumns = Pick<SpecOf<'lookupJoin'>, 'on' | 'take' | 'join'>

/** What of the stream is needed: what is needed behind it and not taken, and its keys. */
export function joinNeeds({ take, on }: JoinColumns, needed: Names): readonly string[] {
  const taken = new Set(take.map(([name]) => name))
  return [...[...needed].filter((name) => !taken.has(name)), ...on.map(([name]) => name)]
}

/** Takes what is needed. */
export const takesNeeded = ({ take }: JoinColumns, needed: Names, input: Schema) => {
  const kept = take.filter(([name]) => needed.has(name))
  return {
    take: kept,
    names: [...input.names, ...kept.map(([name]) => name)],
    dropped: take.filter((pair) => !kept.includes(pair)).map(([name]) => name),
  }
}

export function joinOutput({ on }: JoinColumns, [input]: readonly Schema[], said: Schema): Schema {
  for (const [column] of on) input!.indexOf(column)
  return new Schema([...input!.fields, ...said.fields.slice(input!.length)])
}

/** How rows find theirs: `left join on origin = iata, takes name`. */
export function joinText(spec: JoinColumns): string {
  const on = spec.on.map(([column, key]) => `${column} = ${key}`).join(' and ')
  const take = spec.take.map(([name, from]) => (name === from ? name : `${from} as ${name}`))
  return `${spec.join} join on ${on}, takes ${take.join(', ')}`
}
