export const RATE: f64 = 0.908
