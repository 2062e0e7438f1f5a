// Casts between text and numbers in C: the kernels' algorithms, with 128-bit products of the machine.
#include "bench.h"
#include "civil.h"

typedef unsigned __int128 u128;

static const uint64_t TENS[20] = {1u,
                                  10u,
                                  100u,
                                  1000u,
                                  10000u,
                                  100000u,
                                  1000000u,
                                  10000000u,
                                  100000000u,
                                  1000000000u,
                                  10000000000u,
                                  100000000000u,
                                  1000000000000u,
                                  10000000000000u,
                                  100000000000000u,
                                  1000000000000000u,
                                  10000000000000000u,
                                  100000000000000000u,
                                  1000000000000000000u,
                                  10000000000000000000u};

static uint64_t load64(const void *p) {
  uint64_t word;
  memcpy(&word, p, 8);
  return word;
}
static void store64(void *p, uint64_t word) { memcpy(p, &word, 8); }

static bool is_eight(uint64_t w) {
  return ((w & 0xf0f0f0f0f0f0f0f0) | (((w + 0x0606060606060606) & 0xf0f0f0f0f0f0f0f0) >> 4)) ==
         0x3333333333333333;
}
static uint64_t eight(uint64_t w) {
  const uint64_t ones = w - 0x3030303030303030, pairs = ones * 10 + (ones >> 8);
  return ((pairs & 0x000000ff000000ff) * 0x000f424000000064 +
          ((pairs >> 16) & 0x000000ff000000ff) * 0x0000271000000001) >>
         32;
}
static const uint8_t *digits_of(const uint8_t *p, const uint8_t *end, uint64_t *value) {
  for (; p < end && (uint8_t)(*p - '0') < 10; p++) *value = *value * 10 + (*p - '0');
  return p;
}

static bool is_white(uint8_t byte) { return byte == ' ' || (uint8_t)(byte - 9) < 5; }

// Reads each row, without white space at its ends, with READ(p, end, &out[row]), false for a bad one.
#define READ_COLUMN(name, type, READ)                                                     \
  static double name(const Batch *b) {                                                    \
    const int32_t *offsets = b->in[0];                                                    \
    const uint8_t *values = b->in[1];                                                     \
    type *out = b->out[0];                                                                \
    for (uint32_t row = 0; row < b->rows; row++) {                                        \
      const uint8_t *p = values + offsets[row], *end = values + offsets[row + 1];         \
      while (p < end && is_white(*p)) p++;                                                \
      while (p < end && is_white(end[-1])) end--;                                         \
      if (!READ) return row;                                                              \
    }                                                                                     \
    return -1;                                                                            \
  }

static bool read_i64(const uint8_t *p, const uint8_t *end, int64_t *out) {
  const bool negative = p < end && *p == '-';
  uint64_t value = 0;
  if (p < end && (*p == '-' || *p == '+')) p++;
  if (p == end || end - p > 19) return false;
  while (end - p >= 8 && is_eight(load64(p))) {
    value = value * 100000000 + eight(load64(p));
    p += 8;
  }
  if (digits_of(p, end, &value) != end) return false;
  if (value > (uint64_t)INT64_MAX + negative) return false;
  *out = (int64_t)(negative ? 0 - value : value);
  return true;
}
READ_COLUMN(to_i64, int64_t, read_i64(p, end, out + row))

static uint64_t eisel_lemire(int q, uint64_t digits, const uint64_t *powers) {
  if (!digits || q < -342) return 0;
  if (q > 308) return 0x7ff0000000000000;
  const int zeros = __builtin_clzll(digits);
  const uint64_t w = digits << zeros, *power = powers + 2 * (q + 342);
  const u128 first = (u128)w * power[0];
  uint64_t high = (uint64_t)(first >> 64), low = (uint64_t)first;
  if ((high & 0x1ff) == 0x1ff) {
    const uint64_t carry = (uint64_t)((u128)w * (power[1] - (q < -27 || q > 55)) >> 64);
    low += carry;
    high += carry > low;
  }
  const int upper = (int)(high >> 63), shift = upper + 9;
  uint64_t mantissa = high >> shift;
  int exponent = ((217706 * q) >> 16) + 63 + upper - zeros + 1023;
  if (exponent <= 0) {
    if (exponent <= -63) return 0;
    mantissa >>= 1 - exponent;
    return (mantissa + (mantissa & 1)) >> 1;
  }
  if (low <= 1 && q >= -4 && q <= 23 && (mantissa & 3) == 1 && mantissa << shift == high) {
    mantissa &= ~(uint64_t)1;
  }
  mantissa = (mantissa + (mantissa & 1)) >> 1;
  if (mantissa >= (uint64_t)1 << 53) {
    mantissa = (uint64_t)1 << 52;
    exponent++;
  }
  if (exponent >= 0x7ff) return 0x7ff0000000000000;
  return (mantissa & 0xfffffffffffff) | (uint64_t)exponent << 52;
}

static bool read_f64(const uint8_t *p, const uint8_t *end, double *out, const uint64_t *powers) {
  static const double tens[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
  const bool negative = p < end && *p == '-';
  uint64_t digits = 0, written = 0;
  if (p < end && (*p == '-' || *p == '+')) p++;
  const uint8_t *start = p;
  p = digits_of(p, end, &digits);
  int count = (int)(p - start), exponent = 0;
  if (p < end && *p == '.') {
    const uint8_t *fraction = ++p;
    while (end - p >= 8 && is_eight(load64(p))) {
      digits = digits * 100000000 + eight(load64(p));
      p += 8;
    }
    p = digits_of(p, end, &digits);
    exponent = -(int)(p - fraction);
    count -= exponent;
  }
  if (!count || count > 19) return false;
  if (p < end) {
    if ((*p | 0x20) != 'e') return false;
    p++;
    const bool down = p < end && *p == '-';
    if (p < end && (*p == '-' || *p == '+')) p++;
    if (p == end || digits_of(p, end, &written) != end) return false;
    exponent += down ? -(int)written : (int)written;
  }
  double value;
  if (digits <= (uint64_t)1 << 53 && exponent >= -22 && exponent <= 22) {
    value = exponent < 0 ? (double)digits / tens[-exponent] : (double)digits * tens[exponent];
  } else {
    const uint64_t bits = eisel_lemire(exponent, digits, powers);
    memcpy(&value, &bits, 8);
  }
  *out = negative ? -value : value;
  return true;
}
READ_COLUMN(to_f64, double, read_f64(p, end, out + row, b->in[2]))

// Neri and Schneider's, of a year in two parts, as in the kernel.
static int32_t days_of_parts(uint32_t century, uint32_t of_century, uint32_t month, uint32_t day) {
  const uint32_t early = month <= 2;
  const int32_t year = (int32_t)(century * 100 + of_century - early);
  const int32_t hundreds = (int32_t)(century - (of_century < early));
  const int32_t month_days = (int32_t)((979 * (month + 12 * early) - 2919) >> 5);
  return ((1461 * year) >> 2) - hundreds + (hundreds >> 2) + month_days + (int32_t)day - 719469;
}

// `YYYY-MM-DDThh:mm:ss.fffZ` alone: what the data has.
static bool read_timestamp(const uint8_t *p, const uint8_t *end, int64_t *out) {
  static const uint8_t places[14] = {0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18};
  uint8_t pairs[7], odd = 0;
  if (end - p < 19 || p[4] != '-' || p[7] != '-' || p[10] != 'T' || p[13] != ':' || p[16] != ':') {
    return false;
  }
  for (int i = 0; i < 7; i++) {
    const uint8_t tens = p[places[2 * i]] - '0', ones = p[places[2 * i + 1]] - '0';
    odd |= (tens > 9) | (ones > 9);
    pairs[i] = (uint8_t)(tens * 10 + ones);
  }
  if (odd || (uint32_t)(pairs[2] - 1) > 11 || !pairs[3]) return false;
  if (pairs[4] > 23 || pairs[5] > 59 || pairs[6] > 59) return false;
  const bool leap = !((pairs[1] ? pairs[1] : pairs[0]) & 3);
  if (pairs[3] > 28 + (0x3bbeeccu >> (pairs[2] << 1) & 3) + (leap & (pairs[2] == 2))) return false;
  int64_t seconds = (int64_t)days_of_parts(pairs[0], pairs[1], pairs[2], pairs[3]) * 86400 +
                    pairs[4] * 3600 + pairs[5] * 60 + pairs[6];
  uint64_t fraction = 0;
  p += 19;
  if (p < end && *p == '.') {
    const uint8_t *first = ++p;
    int left = 3;
    for (; p < end && (uint8_t)(*p - '0') < 10; p++) {
      if (left) {
        fraction = fraction * 10 + (*p - '0');
        left--;
      }
    }
    if (p == first) return false;
    fraction *= TENS[left];
  }
  if (p < end && (*p != 'Z' || p + 1 != end)) return false;
  return !__builtin_mul_overflow(seconds, 1000, &seconds) &&
         !__builtin_add_overflow(seconds, (int64_t)fraction, out);
}
READ_COLUMN(to_timestamp, int64_t, read_timestamp(p, end, out + row))

static uint64_t eight_bytes(uint64_t value) {
  const uint64_t high = value / 10000, fours = high | (value - high * 10000) << 32;
  const uint64_t hundreds = ((fours * 10486) >> 20) & 0x0000007f0000007f;
  const uint64_t twos = hundreds | (fours - hundreds * 100) << 16;
  const uint64_t tens = ((twos * 103) >> 10) & 0x000f000f000f000f;
  return tens | (twos - tens * 10) << 8;
}
static uint32_t up_to_eight(uint64_t value, uint8_t *out) {
  const uint64_t bytes = eight_bytes(value);
  const uint32_t skip = (uint32_t)__builtin_ctzll(bytes | (uint64_t)1 << 56) >> 3;
  store64(out, (bytes | 0x3030303030303030) >> (skip << 3));
  return 8 - skip;
}
static uint32_t write_u64(uint64_t value, uint8_t *out) {
  if (value < 100000000) return up_to_eight(value, out);
  const uint64_t high = value / 100000000, low = value - high * 100000000;
  uint32_t length;
  if (high < 100000000) {
    length = up_to_eight(high, out);
  } else {
    const uint64_t top = high / 100000000;
    length = up_to_eight(top, out);
    store64(out + length, eight_bytes(high - top * 100000000) | 0x3030303030303030);
    length += 8;
  }
  store64(out + length, eight_bytes(low) | 0x3030303030303030);
  return length + 8;
}
static void write_padded(uint64_t value, uint32_t width, uint8_t *out) {
  store64(out, (eight_bytes(value) | 0x3030303030303030) >> ((8 - width) << 3));
}
static uint32_t write_i64(int64_t value, uint8_t *out) {
  const uint32_t negative = value < 0;
  *out = '-';
  return negative + write_u64(negative ? 0 - (uint64_t)value : (uint64_t)value, out + negative);
}
#define WRITE_COLUMN(name, type, WRITE)                          \
  static double name(const Batch *b) {                           \
    const type *values = b->in[0];                               \
    int32_t *offsets = b->out[0];                                \
    uint8_t *out = b->out[1], *to = out;                         \
    offsets[0] = 0;                                              \
    for (uint32_t row = 0; row < b->rows; row++) {               \
      to += WRITE;                                               \
      offsets[row + 1] = (int32_t)(to - out);                    \
    }                                                            \
    return (double)(to - out);                                   \
  }
WRITE_COLUMN(from_i64, int64_t, write_i64(values[row], to))

static uint32_t two_places(uint32_t value) {
  const uint32_t tens = (value * 103) >> 10;
  return tens + ((value - tens * 10) << 8);
}
static void store32(void *p, uint32_t word) { memcpy(p, &word, 4); }

static uint32_t write_hundreds(uint64_t hundreds, uint8_t *out) {
  uint32_t length, places;
  if (hundreds < 100000000) {
    const uint64_t bytes = eight_bytes(hundreds);
    const uint32_t skip = (uint32_t)__builtin_ctzll(bytes | (uint64_t)1 << 40) >> 3;
    store64(out, (bytes | 0x3030303030303030) >> (skip << 3));
    length = 6 - skip;
    places = (uint32_t)(bytes >> 48);
  } else {
    const uint64_t whole = hundreds / 100;
    length = write_u64(whole, out);
    places = two_places((uint32_t)(hundreds - whole * 100));
  }
  store32(out + length, 0x30302e + (places << 8));
  return length + 3 - (places <= 0xff);
}

static uint32_t write_plain(double x, uint8_t *out) {
  const int64_t whole = (int64_t)x;
  if ((double)whole == x) return write_u64((uint64_t)whole, out);
  if (x < 1e-3 || x >= 1e11) return 0;
  const double hundreds = nearbyint(x * 100);
  if (hundreds / 100 == x) return write_hundreds((uint64_t)(int64_t)hundreds, out);
  const double ten_thousands = nearbyint(x * 10000);
  if (ten_thousands / 10000 == x) {
    const uint32_t length = write_u64((uint64_t)whole, out);
    const uint32_t four = (uint32_t)((int64_t)ten_thousands - whole * 10000), high = four / 100;
    const uint32_t last = two_places(four - high * 100);
    out[length] = '.';
    store32(out + length + 1, 0x30303030 + two_places(high) + (last << 16));
    return length + 5 - (last <= 0xff);
  }
  return 0;
}

// Schubfach as in the kernel: one product of 192 bits, and the bounds by adding and subtracting.
static void shortest(uint64_t bits, const uint64_t *powers, uint64_t *digits, int *exponent) {
  const uint64_t fraction = bits & 0xfffffffffffff;
  const int biased = (int)(bits >> 52);
  const uint64_t c = biased ? fraction | (uint64_t)1 << 52 : fraction;
  const int q = (biased > 1 ? biased : 1) - 1075;
  const bool uneven = !fraction && biased > 1;
  const int k = (q * 1262611 - (uneven ? 524031 : 0)) >> 22;
  const int h = q + ((-k * 1741647) >> 19) + 1;
  const uint64_t *power = powers + 2 * (342 - k), cb = (4 * c) << h;
  const u128 g = (u128)power[0] << 64 | power[1];
  const u128 lower_part = (u128)power[1] * cb, product = (u128)power[0] * cb + (lower_part >> 64);
  const uint64_t bottom = (uint64_t)lower_part;
  const int up = h + 1, down = h + !uneven;
  const uint64_t add = power[1] << up, take = power[1] << down;
  const u128 above = product + (g >> (64 - up)) + (bottom + add < add);
  const u128 below = product - (g >> (64 - down)) - (bottom < take);
  const uint64_t odd = c & 1;
#define ROUNDED(p) ((uint64_t)((p) >> 64) | ((uint64_t)(p) > 1))
  const uint64_t value = ROUNDED(product), upper = ROUNDED(above) - odd,
                 lower = ROUNDED(below) + odd, s = value >> 2;
  const uint64_t tens = s / 10, half = 4 * s + 2;
  const bool tens_up = 40 * tens + 40 <= upper, s_up = 4 * s + 4 <= upper;
  const bool less = ((lower <= 40 * tens) != tens_up) & (s >= 10);
  const bool nearest = (value > half) | ((value == half) & s & 1);
  const bool one = (lower <= 4 * s) != s_up ? s_up : nearest;
  *digits = less ? tens + tens_up : s + one;
  *exponent = k + less;
}

// Numbers from 1e-6 to 1e21, as the data has.
static uint32_t write_f64(double value, uint8_t *out, const uint64_t *powers) {
  const uint32_t negative = value < 0;
  const double size = fabs(value);
  *out = '-';
  const uint32_t plain = size < 9007199254740992 ? write_plain(size, out + negative) : 0;
  if (plain) return negative + plain;
  uint64_t bits, digits;
  int exponent;
  memcpy(&bits, &size, 8);
  shortest(bits, powers, &digits, &exponent);
  while (digits % 10 == 0) {
    digits /= 10;
    exponent++;
  }
  out += negative;
  const uint32_t count = write_u64(digits, out);
  const int point = (int)count + exponent;
  if (exponent >= 0) {
    memset(out + count, '0', (size_t)exponent);
    return negative + (uint32_t)point;
  }
  if (point > 0) {
    memmove(out + point + 1, out + point, count - (uint32_t)point);
    out[point] = '.';
    return negative + count + 1;
  }
  const uint32_t zeros = (uint32_t)(2 - point);
  memmove(out + zeros, out, count);
  memset(out, '0', zeros);
  out[1] = '.';
  return negative + count + zeros;
}
WRITE_COLUMN(from_f64, double, write_f64(values[row], to, b->in[1]))

// Years 0 to 9999, in milliseconds.
static uint32_t write_timestamp(int64_t value, uint8_t *out) {
  int64_t seconds = value / 1000, fraction = value - seconds * 1000;
  if (fraction < 0) fraction += 1000, seconds--;
  int64_t days = seconds / 86400;
  int32_t second = (int32_t)(seconds - days * 86400);
  if (second < 0) second += 86400, days--;
  const Civil date = civil_from_days(days);
  write_padded((uint64_t)date.year, 4, out);
  store64(out + 4, 0x30302d30302d + ((uint64_t)two_places(date.month) << 8) + ((uint64_t)two_places(date.day) << 32));
  const uint32_t hour = (uint32_t)second / 3600, minute = ((uint32_t)second - hour * 3600) / 60;
  out[10] = 'T';
  store64(out + 11, 0x30303a30303a3030 + two_places(hour) + ((uint64_t)two_places(minute) << 24) +
                        ((uint64_t)two_places((uint32_t)second - hour * 3600 - minute * 60) << 48));
  out[19] = '.';
  write_padded((uint64_t)fraction, 3, out + 20);
  out[23] = 'Z';
  return 24;
}
WRITE_COLUMN(from_timestamp, int64_t, write_timestamp(values[row], to))

static const Function functions[] = {{"to_i64", to_i64},
                                     {"to_f64", to_f64},
                                     {"to_timestamp", to_timestamp},
                                     {"from_i64", from_i64},
                                     {"from_f64", from_f64},
                                     {"from_timestamp", from_timestamp}};
MAIN(functions)
