// Stable operator ids: 16 hex digits from an operator's uid, or from its kind and its place in the graph.
// A savepoint finds its state by them, and a worker its closures.
//
// I1  The place is the path from the sources: what is added elsewhere, or after it, changes nothing.
//     Equal siblings (two `where` on one stream) are told apart by their order, whether they are used
//     or not.
// I2  What the planner put in between has no place: the ids behind it are as if it were not there.
import { DataflowError } from '../base/errors.ts'
import type { OperatorSpec } from '../operators/operator-spec.ts'
import type { StreamGraph, StreamVertex } from './stream-graph.ts'

/** The id of each vertex of a graph. */
export function assignOperatorIds(graph: StreamGraph): ReadonlyMap<StreamVertex, string> {
  const ids = new Map<StreamVertex, string>()
  // What a place is known by: the vertex itself, or for a planned one its own inputs.
  const places = new Map<StreamVertex, string>()
  const seen = new Map<string, number>()
  for (const vertex of graph.vertices) {
    const { spec, inputs, planned } = vertex.options
    const path = inputs.map(({ from }) => places.get(from)).join(',')
    const own = ownName(spec)
    const place = `${planned === true ? 'planned ' : ''}${own}(${path})`
    const ordinal = seen.get(place) ?? 0
    seen.set(place, ordinal + 1)
    const id =
      vertex.uid === undefined ? hash64(`${place}#${ordinal}`) : hash64(`uid ${vertex.uid}`)
    ids.set(vertex, id)
    places.set(vertex, planned === true ? path : id)
  }
  return ids
}

function ownName(spec: OperatorSpec): string {
  if (spec.kind === 'source') return `source ${spec.connector}`
  return spec.kind === 'sideOutput' ? `sideOutput ${spec.tag}` : spec.kind
}

/** @throws GRAPH_INVALID when two operators of a job have one uid, with both places */
export function checkOperatorIds(
  vertices: readonly StreamVertex[],
  ids: ReadonlyMap<StreamVertex, string>,
): void {
  const owners = new Map<string, StreamVertex>()
  for (const vertex of vertices) {
    const id = ids.get(vertex)!
    const other = owners.get(id)
    if (other !== undefined) throw collision(vertex, other)
    owners.set(id, vertex)
  }
}

const described = ({ name, options }: StreamVertex): string =>
  `'${name}'${options.location === undefined ? '' : ` (${options.location})`}`

function collision(vertex: StreamVertex, other: StreamVertex): DataflowError {
  const what = vertex.uid === undefined ? 'id' : `uid '${vertex.uid}'`
  const { location } = vertex.options
  return new DataflowError(
    'GRAPH_INVALID',
    `${described(other)} and ${described(vertex)} have the same ${what}; give each its own`,
    location === undefined ? {} : { context: { location } },
  )
}

const FNV_OFFSET = 0xcbf29ce484222325n
const FNV_PRIME = 0x100000001b3n

/** 16 hex digits: FNV-1a over UTF-16 code units, finished as murmur3 does (short texts need it). */
export function hash64(text: string): string {
  let hash = FNV_OFFSET
  for (let i = 0; i < text.length; i++) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(text.charCodeAt(i))) * FNV_PRIME)
  }
  hash = BigInt.asUintN(64, (hash ^ (hash >> 33n)) * 0xff51afd7ed558ccdn)
  hash = BigInt.asUintN(64, (hash ^ (hash >> 33n)) * 0xc4ceb9fe1a85ec53n)
  return (hash ^ (hash >> 33n)).toString(16).padStart(16, '0')
}
