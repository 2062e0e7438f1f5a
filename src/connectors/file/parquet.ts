// Parquet as a file format: row groups as splits, pages decoded by kernels, columns encoded by kernels.
import { basename } from 'node:path'
import type { FileFormat } from './format.ts'
import { columnNode, footerSchema, nodeBytes, readFooter } from './parquet/footer.ts'
import { ParquetEncoder } from './parquet/parquet-encoder.ts'
import { RowGroupReader, type RowGroupSplit } from './parquet/row-group-reader.ts'

export const parquetFormat: FileFormat = {
  name: 'parquet',
  extensions: ['.parquet'],
  schema: (path) => footerSchema(readFooter(path)),
  checkTypes(path, columns) {
    const footer = readFooter(path)
    const own = new Set(footer.columns.map(({ name }) => name))
    for (const name of columns) if (own.has(name)) columnNode(footer, name)
  },
  plan(path) {
    const { rowGroups, columns } = readFooter(path)
    return rowGroups.map((group, rowGroup): RowGroupSplit => {
      const nodes = columns.flatMap(({ node }) => node ?? [])
      const bytes = nodes.reduce((sum, node) => sum + nodeBytes(group, node), 0)
      return { id: `${basename(path)}[row group ${rowGroup}]`, path, bytes, rowGroup }
    })
  },
  reader: (context) => new RowGroupReader(context),
  encoder: (context, options) => new ParquetEncoder(context, options),
}
