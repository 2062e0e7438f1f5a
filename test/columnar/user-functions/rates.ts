// A module beside a user function, which it imports.
export const RATE: f64 = 0.908
