// DuckDB beside our engine: it reads our events from Parquet, answers the oracles, and compares our rows, as
// they stand in files of NDJSON, with its own.
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import type { Oracle } from './oracle.ts'

export class DuckDb {
  readonly #connection: DuckDBConnection

  private constructor(connection: DuckDBConnection) {
    this.#connection = connection
  }

  /** @param folder with person, auction and bid as Parquet */
  static async over(folder: string): Promise<DuckDb> {
    const connection = await (await DuckDBInstance.create(':memory:')).connect()
    for (const kind of ['person', 'auction', 'bid']) {
      await connection.run(`create table ${kind} as select * from '${folder}/${kind}.parquet'`)
    }
    return new DuckDb(connection)
  }

  close(): void {
    this.#connection.closeSync()
  }

  async count(sql: string): Promise<number> {
    const reader = await this.#connection.runAndReadAll(`select count(*) from (${sql})`)
    return Number(reader.getRows()[0]![0])
  }

  /** Answers a query once; runs of other settings are compared with the same answer. */
  async expect(query: string, { sql, candidates }: Oracle): Promise<void> {
    await this.#connection.run(`create table if not exists ${query} as ${sql}`)
    if (candidates === undefined) return
    await this.#connection.run(`create table if not exists ${query}_candidates as ${candidates}`)
  }

  /** Names and types of the answer's columns. */
  async #columns(query: string): Promise<readonly (readonly [name: string, type: string])[]> {
    const reader = await this.#connection.runAndReadAll(`describe ${query}`)
    return reader.getRows().map((row) => [String(row[0]), String(row[1])])
  }

  /** What differs between rows in NDJSON files (a glob) and the answer; nothing when it is right. */
  async differences(query: string, files: string, { key }: Oracle): Promise<unknown> {
    const columns = await this.#columns(query)
    const types = columns.map(([name, type]) => `'${name}': '${type}'`).join(', ')
    await this.#connection.run(
      `create or replace temp table ours as select * from read_json('${files}',
        format = 'newline_delimited', columns = {${types}})`,
    )
    // Two sums of hashes are soon compared; which rows differ is asked when they do.
    if (key === undefined && (await this.#sum('ours')) === (await this.#sum(query)))
      return undefined
    const names = key ?? columns.map(([name]) => `"${name}"`).join(', ')
    const [ours, theirs] = [`select ${names} from ours`, `select ${names} from ${query}`]
    const found = {
      missing: await this.#rows(`${theirs} except all ${ours}`),
      tooMuch: await this.#rows(`${ours} except all ${theirs}`),
      wrong:
        key === undefined
          ? []
          : await this.#rows(`select * from ours except select * from ${query}_candidates`),
    }
    return Object.values(found).every((rows) => rows.length === 0) ? undefined : found
  }

  /** Of a table's rows, in any order. */
  async #sum(table: string): Promise<string> {
    const sum = `select count(*) as n, sum(cast(hash(t) as hugeint)) as hashes from ${table} t`
    return JSON.stringify(await this.#rows(sum))
  }

  async #rows(sql: string): Promise<unknown[]> {
    const reader = await this.#connection.runAndReadAll(`select * from (${sql}) limit 3`)
    return reader.getRowObjectsJson()
  }
}
