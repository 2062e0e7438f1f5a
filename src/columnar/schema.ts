// A schema: columns by position and by name. Immutable; one object is shared by all batches of a stream.
import { DataflowError, didYouMean } from '../base/errors.ts'
import { type DataType, type Fields, isType, sameType, typeName } from './type.ts'

export interface Field {
  readonly name: string
  readonly type: DataType
}

export class Schema {
  readonly fields: readonly Field[]
  readonly #index: ReadonlyMap<string, number>

  /** @throws SCHEMA_MISMATCH when a name is used twice */
  constructor(fields: readonly Field[]) {
    this.fields = fields
    const index = new Map<string, number>()
    fields.forEach((field, i) => index.set(field.name, i))
    if (index.size !== fields.length) {
      const twice = fields.find((field, i) => index.get(field.name) !== i)!
      throw new DataflowError(
        'SCHEMA_MISMATCH',
        `column '${twice.name}' is there twice; rename one`,
      )
    }
    this.#index = index
  }

  /**
   * From `{ name: type }`, in the object's order.
   * @throws SCHEMA_MISMATCH for a column without a type
   */
  static of(fields: Fields): Schema {
    for (const [name, type] of Object.entries(fields)) {
      if (isType(type)) continue
      if (name === 'schema' && isFields(type)) throw schemaWithin(type)
      const what = typeof type === 'function' ? ', with its brackets' : ''
      throw new DataflowError(
        'SCHEMA_MISMATCH',
        `column '${name}' has no type: give each column one, { ${name}: utf8() }${what}`,
        { context: { column: name } },
      )
    }
    return new Schema(Object.entries(fields).map(([name, type]) => ({ name, type })))
  }

  get length(): number {
    return this.fields.length
  }

  get names(): string[] {
    return this.fields.map((field) => field.name)
  }

  has(name: string): boolean {
    return this.#index.has(name)
  }

  /**
   * The position of a column.
   * @throws COLUMN_NOT_FOUND with the nearest name
   */
  indexOf(name: string): number {
    const index = this.#index.get(name)
    if (index === undefined && typeof name !== 'string') {
      throw new DataflowError(
        'COLUMN_NOT_FOUND',
        `a column is named by a text, and this is ${Array.isArray(name) ? 'an array' : String(name)}`,
      )
    }
    if (index === undefined) {
      throw new DataflowError(
        'COLUMN_NOT_FOUND',
        `there is no column '${name}'.${didYouMean(
          name,
          this.names.filter((n) => !n.startsWith('$')),
        )}`,
        { context: { column: name } },
      )
    }
    return index
  }

  /** @throws COLUMN_NOT_FOUND with the nearest name */
  field(name: string): Field {
    return this.fields[this.indexOf(name)]!
  }

  /** The schema of some columns, in the order of `names`. */
  project(names: readonly string[]): Schema {
    return new Schema(names.map((name) => this.field(name)))
  }

  /** `{ name: type }` again. */
  toFields(): Fields {
    return Object.fromEntries(this.fields.map((field) => [field.name, field.type]))
  }

  equals(other: Schema): boolean {
    return (
      this.length === other.length &&
      this.fields.every((field, i) => {
        const that = other.fields[i]!
        return (
          field.name === that.name &&
          field.type.nullable === that.type.nullable &&
          sameType(field.type, that.type)
        )
      })
    )
  }

  toString(): string {
    return this.fields.map((field) => `${field.name}: ${typeName(field.type)}`).join(', ')
  }
}

const isFields = (given: unknown): given is Fields =>
  typeof given === 'object' && given !== null && Object.values(given).some(isType)

/** fromCollection() takes its columns among options; who takes nothing else takes them as they are. */
function schemaWithin(fields: Fields): DataflowError {
  const [name] = Object.keys(fields)
  return new DataflowError(
    'SCHEMA_MISMATCH',
    `'schema' is no column with a type, but has columns in it: here they are given directly, ` +
      `{ ${name}: utf8(), ... } and not { schema: { ... } }; a column of several ` +
      'values is struct({ ... })',
    { context: { column: 'schema' } },
  )
}
