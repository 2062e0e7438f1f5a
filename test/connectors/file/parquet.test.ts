// The conformance suite, then Parquet itself: what DuckDB and hyparquet read of our files, what we read of
// DuckDB's and pyarrow's, and what is damaged.
import type { Json } from '../../../src/base/json.ts'
import type { DataType } from '../../../src/columnar/type.ts'
import { parquetFormat } from '../../../src/connectors/file/parquet.ts'
import { fileFormatConformance } from '../../conformance/file-format.ts'

/** Parquet has no seconds, and no structs without fields. */
function holds(type: DataType): boolean {
  switch (type.kind) {
    case 'timestamp':
      return type.unit !== 's'
    case 'list':
      return holds(type.item)
    case 'struct':
      return Object.keys(type.fields).length > 0 && Object.values(type.fields).every(holds)
    default:
      return true
  }
}

const VARIANTS: readonly Json[] = [
  { compression: 'zstd' },
  { compression: 'snappy', rowGroupRows: 100 },
  { compression: 'none', rowGroupRows: 777 },
]

for (const options of VARIANTS) fileFormatConformance({ format: parquetFormat, options, holds })
