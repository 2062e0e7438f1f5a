// The moments that variances are made of: count, mean, and the sum of squared distances from the mean.
// One row after the other as Welford (1962) has it, two groups as Chan, Golub and LeVeque (1983) do: no
// difference of great sums.
//
//   accumulator   count u64 | mean f64 | squares f64
//
// MO1  A row is taken back by the same steps the other way round: exact but for rounding. A value that is far
//      from all others leaves an error of its own size in the squares; so does what is no number, until the
//      last value is gone: then all is zero again.
import { floatOfI128 } from './int128'
import { OP_MOMENTS_F64, OP_MOMENTS_I128, OP_MOMENTS_U64 } from './aggregate-program'

const MEAN: usize = 8
const SQUARES: usize = 16

function valueAt(op: u32, values: usize, j: usize): f64 {
  if (op == OP_MOMENTS_F64) return load<f64>(values + (j << 3))
  if (op == OP_MOMENTS_I128) return floatOfI128(values + (j << 4))
  if (op == OP_MOMENTS_U64) return <f64>load<u64>(values + (j << 3))
  return <f64>load<i64>(values + (j << 3))
}

/** Adds a block's values, which are 64 bits wide, or 128 for OP_MOMENTS_I128. */
export function addMoments(op: u32, rows: usize, offset: usize, values: usize, count: usize): void {
  for (let j: usize = 0; j < count; j++) {
    const p = <usize>load<u32>(rows + (j << 2)) + offset
    const x = valueAt(op, values, j)
    const n = load<u64>(p) + 1
    const mean = load<f64>(p, MEAN)
    const distance = x - mean
    const moved = mean + distance / <f64>(<i64>n)
    store<u64>(p, n)
    store<f64>(p, moved, MEAN)
    store<f64>(p, load<f64>(p, SQUARES) + distance * (x - moved), SQUARES)
  }
}

/** Takes a block's values back; returns the place of one that was not there, else `count`. */
export function removeMoments(
  op: u32,
  rows: usize,
  offset: usize,
  values: usize,
  count: usize,
): usize {
  for (let j: usize = 0; j < count; j++) {
    const p = <usize>load<u32>(rows + (j << 2)) + offset
    const x = valueAt(op, values, j)
    const held = load<u64>(p)
    if (!held) return j
    const n = held - 1
    const mean = load<f64>(p, MEAN)
    const distance = x - mean
    const moved = mean - distance / <f64>(<i64>n)
    const squares = load<f64>(p, SQUARES) - distance * (x - moved)
    store<u64>(p, n)
    // No branches: which value of a group is its last one or its last but one, nobody foretells.
    store<i64>(p, select<i64>(reinterpret<i64>(moved), 0, n != 0), MEAN)
    // Rounding does not make a variance of less than nothing; one value has none.
    const isLeft = u32(n > 1) & u32(!(squares < 0))
    store<i64>(p, select<i64>(reinterpret<i64>(squares), 0, isLeft), SQUARES)
  }
  return count
}

export function mergeMoments(from: usize, to: usize): void {
  const n = load<u64>(from)
  if (!n) return
  const held = load<u64>(to)
  if (!held) {
    memory.copy(to, from, 24)
    return
  }
  const all = <f64>(held + n)
  const mean = load<f64>(to, MEAN)
  const distance = load<f64>(from, MEAN) - mean
  const between = distance * distance * ((<f64>held * <f64>n) / all)
  store<u64>(to, held + n)
  store<f64>(to, mean + (distance * <f64>n) / all, MEAN)
  store<f64>(to, load<f64>(to, SQUARES) + load<f64>(from, SQUARES) + between, SQUARES)
}

/**
 * Writes the variances of n groups as float64, or their roots: of a sample (over count - 1) or of a
 * whole population; `unit` is how many make one.
 */
export function aggregateVariance(
  rows: usize,
  n: u32,
  offset: usize,
  isSample: bool,
  isRoot: bool,
  unit: f64,
  out: usize,
): void {
  // Two at a time: divisions and roots are all there is to wait for. Division by one changes nothing.
  const less = f64x2.splat(isSample ? 1.0 : 0.0)
  const units = f64x2.splat(unit * unit)
  const isUnit = unit == 1.0
  for (let i: usize = 0; i < <usize>n; i += 2) {
    const a = <usize>load<u32>(rows + (i << 2)) + offset
    // The last of an odd number stands in for the one behind it, which is padding.
    const b = i + 1 < <usize>n ? <usize>load<u32>(rows + (i << 2), 4) + offset : a
    const squares = v128.load64_lane(b, v128.load64_zero(a, SQUARES), 1, SQUARES)
    const held = f64x2.splat(<f64>load<i64>(a))
    const counts = f64x2.replace_lane(held, 1, <f64>load<i64>(b))
    let variances = f64x2.div(squares, f64x2.sub(counts, less))
    if (!isUnit) variances = f64x2.div(variances, units)
    v128.store(out + (i << 3), isRoot ? f64x2.sqrt(variances) : variances)
  }
}
