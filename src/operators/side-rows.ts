// The side outputs of a function of rows: a collector for each tag that somebody reads.
import { DataflowError, didYouMean } from '../base/errors.ts'
import type { Schema } from '../columnar/schema.ts'
import type { CurrentTime } from './event-times.ts'
import type { OperatorContext, Output } from './operator.ts'
import { RowCollector } from './row-collector.ts'

export class SideRows {
  readonly #collectors = new Map<string, RowCollector>()
  /** The tags that were seen: a tag is checked once. */
  readonly #checked = new WeakSet<object>()

  constructor(context: OperatorContext, output: Output, time: CurrentTime) {
    const { kernels, config, sides } = context
    for (const [tag, schema] of sides) {
      const emit: Output['emit'] = (batch) => output.emitSide(tag, batch)
      const { batchRows } = config
      this.#collectors.set(tag, new RowCollector({ kernels, schema, batchRows, time, emit }))
    }
  }

  /**
   * To who reads the tag; nobody: nothing happens.
   * @throws TYPE_MISMATCH for a tag of other columns than those that are read
   */
  output(tag: { readonly id: string; readonly schema: Schema }, row: unknown): void {
    const collector = this.#collectors.get(tag.id)
    if (collector === undefined) return
    if (!this.#checked.has(tag)) this.#check(tag, collector)
    collector.collect(row)
  }

  /** The columns of a side output that somebody reads. */
  schemaOf(tag: string): Schema | undefined {
    return this.#collectors.get(tag)?.schema
  }

  /** To a tag whose columns are known to be those. */
  put(tag: string, row: unknown): void {
    this.#collectors.get(tag)?.collect(row)
  }

  flush(): void {
    for (const collector of this.#collectors.values()) collector.flush()
  }

  close(): void {
    for (const collector of this.#collectors.values()) collector.close()
  }

  #check(tag: { readonly id: string; readonly schema: Schema }, { schema }: RowCollector): void {
    // Columns that nobody needs may have been left out of what is read.
    const other = schema.fields.find(
      ({ name }) =>
        !tag.schema.has(name) || !tag.schema.project([name]).equals(schema.project([name])),
    )
    if (other !== undefined) {
      const isNamed = tag.schema.has(other.name)
      const hint = isNamed ? '' : didYouMean(other.name, tag.schema.names)
      throw new DataflowError(
        'TYPE_MISMATCH',
        `side output '${tag.id}' is read with the columns (${schema}), and written with ` +
          `(${tag.schema}): use one tag object.${hint}`,
      )
    }
    this.#checked.add(tag)
  }
}
