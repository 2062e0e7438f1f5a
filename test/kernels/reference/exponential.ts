// Twins of powers and logarithms: JavaScript's own.
export const EXPONENTIAL = {
  exp: Math.exp,
  ln: Math.log,
  log10: Math.log10,
  log2: Math.log2,
} as const

export function exponential(
  op: keyof typeof EXPONENTIAL,
  a: Float64Array,
  out: Float64Array,
): void {
  const apply = EXPONENTIAL[op]
  for (let i = 0; i < out.length; i++) out[i] = apply(a[i]!)
}

export function power(a: Float64Array, b: Float64Array, out: Float64Array): void {
  for (let i = 0; i < out.length; i++) out[i] = Math.pow(a[i]!, b[i]!)
}
