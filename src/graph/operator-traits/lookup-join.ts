// Traits of the look-up join: it passes its stream's columns on and adds some of a table's.
import { Schema } from '../../columnar/schema.ts'
import { kernel, type OperatorTraits, type SpecOf } from './operator-traits.ts'

export const lookupJoin: OperatorTraits<SpecOf<'lookupJoin'>> = {
  inputColumns(spec, needed) {
    const taken = new Set(spec.take.map(([name]) => name))
    return [...[...needed].filter((name) => !taken.has(name)), ...spec.on.map(([name]) => name)]
  },
  prune(spec, needed, [input]) {
    const take = spec.take.filter(([name]) => needed.has(name))
    const read = new Set([...take.map(([, from]) => from), ...spec.on.map(([, from]) => from)])
    const tableColumns = spec.tableColumns.filter(({ name }) => read.has(name))
    return {
      spec: { ...spec, take, tableColumns },
      names: [...input!.names, ...take.map(([name]) => name)],
      dropped: spec.take.filter((pair) => !take.includes(pair)).map(([name]) => name),
    }
  },
  output(spec, [input], said) {
    for (const [column] of spec.on) input!.indexOf(column)
    return new Schema([...input!.fields, ...said.fields.slice(input!.length)])
  },
  engine: () => kernel('a hash table of the whole table in each subtask'),
  detail(spec) {
    const on = spec.on.map(([column, key]) => `${column} = ${key}`).join(' and ')
    const take = spec.take.map(([name, from]) => (name === from ? name : `${from} as ${name}`))
    return `${spec.join} join on ${on}, takes ${take.join(', ')}`
  },
}
