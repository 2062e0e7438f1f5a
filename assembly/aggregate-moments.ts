// The moments that variances are made of: count, mean, and the sum of squared distances from the mean.
// One row after the other as Welford (1962) has it, two groups as Chan, Golub and LeVeque (1983) do: no
// difference of great sums.
//
//   accumulator   count u64 | mean f64 | squares f64
import { floatOfI128 } from './int128'
import { OP_MOMENTS_F64, OP_MOMENTS_I128, OP_MOMENTS_U64 } from './aggregate-program'

const MEAN: usize = 8
const SQUARES: usize = 16

/** Adds a block's values, which are 64 bits wide, or 128 for OP_MOMENTS_I128. */
export function addMoments(op: u32, rows: usize, offset: usize, values: usize, count: usize): void {
  for (let j: usize = 0; j < count; j++) {
    const p = <usize>load<u32>(rows + (j << 2)) + offset
    let x: f64
    if (op == OP_MOMENTS_F64) x = load<f64>(values + (j << 3))
    else if (op == OP_MOMENTS_I128) x = floatOfI128(values + (j << 4))
    else if (op == OP_MOMENTS_U64) x = <f64>load<u64>(values + (j << 3))
    else x = <f64>load<i64>(values + (j << 3))
    const n = load<u64>(p) + 1
    const mean = load<f64>(p, MEAN)
    const distance = x - mean
    const moved = mean + distance / <f64>n
    store<u64>(p, n)
    store<f64>(p, moved, MEAN)
    store<f64>(p, load<f64>(p, SQUARES) + distance * (x - moved), SQUARES)
  }
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
  for (let i: usize = 0; i < <usize>n; i++) {
    const p = <usize>load<u32>(rows + (i << 2)) + offset
    const count = <f64>load<u64>(p) - (isSample ? 1.0 : 0.0)
    const variance = load<f64>(p, SQUARES) / count / (unit * unit)
    store<f64>(out + (i << 3), isRoot ? Math.sqrt(variance) : variance)
  }
}
