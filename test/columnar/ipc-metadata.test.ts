// Arrow metadata whose words were damaged, each in turn: an error of ours or other values, and no array of
// as many elements as a damaged word claims.
import { Field, Schema } from 'apache-arrow'
import { BufferRegion, FieldNode, Message, RecordBatch } from 'apache-arrow/ipc/metadata/message'
import { List, Utf8View } from 'apache-arrow/type'
import { describe, expect, it } from 'vitest'
import { DataflowError } from '../../src/base/errors.ts'
import { decodeFooter, decodeMessage } from '../../src/columnar/ipc-metadata.ts'
import { Footer } from 'apache-arrow/ipc/metadata/file'

const tags = new Field('tags', new List(new Field('item', new Utf8View(), true)), true)
const schema = new Schema([tags], new Map([['made by', 'hand']]))
const batch = new RecordBatch(
  3,
  [new FieldNode(3, 1), new FieldNode(5, 0)],
  [new BufferRegion(0, 8), new BufferRegion(8, 16)],
  null,
  [2],
)

describe.each([
  ['a message of a schema', Message.encode(Message.from(schema)), decodeMessage, '"name":"tags"'],
  [
    'a message of a batch',
    Message.encode(Message.from(batch, 24)),
    decodeMessage,
    '"bodyBytes":24',
  ],
  ['a footer', Footer.encode(new Footer(schema, 4, [], [])), decodeFooter, '"name":"tags"'],
] as const)('%s', (_, bytes, decode, part) => {
  it('decodes', () => {
    expect(JSON.stringify(decode(bytes))).toContain(part)
  })

  it.each([0x7fffffff, 0x10000000, -1, 1000])('is refused or other, with a word of %d', (word) => {
    let refused = 0
    for (let at = 0; at + 4 <= bytes.length; at++) {
      const damaged = bytes.slice()
      new DataView(damaged.buffer).setInt32(at, word, true)
      try {
        decode(damaged)
      } catch (error) {
        refused++
        expect(error).toBeInstanceOf(DataflowError)
        expect(error).toMatchObject({ code: 'FORMAT_INVALID' })
      }
    }
    expect(refused).toBeGreaterThan(0)
  })
})
