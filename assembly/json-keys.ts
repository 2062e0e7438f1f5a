// The keys of a JSON object: which column is whose, and in which order they came.
//
// Y1  A shape remembers the keys of an object as they stood, in their order, also those that nobody
//     wants. The next object's keys are compared with that, 16 bytes at once, and are looked up by
//     their names only when it fails.
// Y2  Keys may be left out: some slots ahead are tried, too. When the guesses fail too often, the
//     keys are learnt anew from the next object.
import { columnAt } from './column-table'
import {
  decodeToScratch,
  jsonFault,
  skipBlank,
  stringBytes,
  stringClose,
  stringSpecial,
} from './json-lex'
import { SCAN_JSON } from './scan-state'

/** The keys of an object: those that are wanted, and those that the last objects had. */
@unmanaged
export class Shape {
  columns: usize
  columnCount: u32
  slots: usize
  slotCount: u32
  slotsMax: u32
  /** Keys that were not where they were expected since the slots were last learnt. */
  misses: u32
}

export const SLOT_BYTES: usize = 48
// | column, 0 for none: u32 | bytes of the text: u32 | bits wanted: u32 | - | `"key":` as it
// stands: 32 B |
const SLOT_WANTED: usize = 8
const SLOT_TEXT: usize = 16
const SLOT_TEXT_BYTES: u32 = 32

/** Slots ahead that are tried when a key is not the expected one: others were left out. */
const LOOK_AHEAD: usize = 3
/** More misses than that, and the keys are learnt anew. */
export const MISSES_MAX: u32 = 32
/** Bits that a comparison of sixteen bytes never gives. */
const NONE_WANTED: u32 = 0x80000000

export function slotsEnd(shape: Shape): usize {
  return shape.slots + <usize>shape.slotCount * SLOT_BYTES
}

export function slotColumn(slot: usize): usize {
  return load<u32>(slot)
}

export function slotTextBytes(slot: usize): u32 {
  return load<u32>(slot, 4)
}

/** Before the first object, and when the keys are learnt anew. */
export function forgetSlots(shape: Shape): void {
  shape.misses = 0
  shape.slotCount = 0
  for (let i: usize = 0; i <= shape.slotsMax; i++) {
    store<u32>(shape.slots + i * SLOT_BYTES, NONE_WANTED, SLOT_WANTED)
  }
}

/**
 * True when the slot's text, of up to sixteen bytes, stands at p. Of a longer one, and of a slot
 * that is not in use, no bits can be those that are wanted.
 */
export function isAt(slot: usize, p: usize): bool {
  const wanted = load<u32>(slot, SLOT_WANTED)
  const same = i8x16.bitmask(i8x16.eq(v128.load(p), v128.load(slot, SLOT_TEXT)))
  return (same & wanted) == wanted
}

/** A longer expected text, or one of the next slots, where keys were left out; 0 for none. */
export function laterSlot(shape: Shape, first: usize, p: usize): usize {
  const end = min(first + LOOK_AHEAD * SLOT_BYTES, slotsEnd(shape))
  for (let slot = first; slot < end; slot += SLOT_BYTES) {
    if (isAt(slot, p)) return slot
    const bytes = load<u32>(slot, 4)
    if (bytes > 16 && !memory.compare(p, slot + SLOT_TEXT, bytes)) return slot
  }
  return 0
}

/** Remembers a key's text in the next slot; returns the bytes of slots added. */
export function learn(shape: Shape, key: usize, end: usize, column: usize): usize {
  const bytes = <u32>(end - key)
  if (bytes > SLOT_TEXT_BYTES || shape.slotCount == shape.slotsMax) return 0
  const slot = slotsEnd(shape)
  shape.slotCount++
  store<u32>(slot, <u32>column)
  store<u32>(slot, bytes, 4)
  store<u32>(slot, bytes <= 16 ? ((<u32>1) << bytes) - 1 : NONE_WANTED, SLOT_WANTED)
  memory.copy(slot + SLOT_TEXT, key, bytes)
  return SLOT_BYTES
}

let keyColumn: usize = 0

/** The column of the key that was read last, 0 for none. */
export function lastKeyColumn(): usize {
  return keyColumn
}

/** Reads `"key" :` at p and looks its column up. */
export function readKey(shape: Shape, p: usize): usize {
  if (load<u8>(p) != 0x22) return jsonFault(SCAN_JSON, p)
  let close = stringSpecial(p + 1)
  let name = p + 1
  let nameBytes = <u32>(close - name)
  if (load<u8>(close) != 0x22) {
    close = stringClose(close)
    if (!close) return 0
    name = decodeToScratch(name, close)
    if (!name) return 0
    nameBytes = stringBytes()
  }
  const colon = skipBlank(close + 1)
  if (load<u8>(colon) != 0x3a) return jsonFault(SCAN_JSON, colon)
  keyColumn = 0
  for (let i: u32 = 0; i < shape.columnCount; i++) {
    const c = columnAt(shape.columns, i)
    if (c.nameBytes == nameBytes && !memory.compare(c.name, name, nameBytes)) {
      keyColumn = changetype<usize>(c)
      break
    }
  }
  return colon + 1
}
