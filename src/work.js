/* Looks for the number that a server asks for before it takes words: the SHA-256 of the salt and the number has to be the
   challenge. `crypto.subtle` is asynchronous, and pages without TLS have none. `build.rs` takes comments out. */
const fraction = (root) => ((root % 1) * 2 ** 32) | 0;
const roots = [];
const start = [];
/* FIPS 180-4, 4.2.2 and 5.3.3: the fractions of the cube roots of the first 64 primes, and of the square roots of 8. */
for (let n = 2; roots.length < 64; n++) {
  let divisor = 2;
  while (n % divisor) divisor++;
  if (divisor < n) continue;
  if (start.length < 8) start.push(fraction(n ** 0.5));
  roots.push(fraction(Math.cbrt(n)));
}
const turned = (x, n) => (x >>> n) | (x << (32 - n));
const w = new Int32Array(64);
const digest = (text) => {
  const length = text.length;
  const padded = new Int32Array((((length + 8) >> 6) + 1) * 16);
  for (let i = 0; i < length; i++) padded[i >> 2] |= text.charCodeAt(i) << (24 - (i % 4) * 8);
  padded[length >> 2] |= 128 << (24 - (length % 4) * 8);
  padded[padded.length - 1] = length * 8;
  const sum = start.slice();
  for (let at = 0; at < padded.length; at += 16) {
    let [a, b, c, d, e, f, g, h] = sum;
    for (let i = 0; i < 64; i++) {
      if (i < 16) w[i] = padded[at + i];
      else {
        const x = w[i - 15];
        const y = w[i - 2];
        const near = turned(x, 7) ^ turned(x, 18) ^ (x >>> 3);
        w[i] = (w[i - 16] + w[i - 7] + near + (turned(y, 17) ^ turned(y, 19) ^ (y >>> 10))) | 0;
      }
      const one = h + (turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)) + ((e & f) ^ (~e & g)) + roots[i] + w[i];
      const two = (turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
      h = g;
      g = f;
      f = e;
      e = (d + one) | 0;
      d = c;
      c = b;
      b = a;
      a = (one + two) | 0;
    }
    [a, b, c, d, e, f, g, h].forEach((word, i) => (sum[i] = (sum[i] + word) | 0));
  }
  return sum;
};
onmessage = ({ data: [challenge, salt, most] }) => {
  const wanted = challenge.match(/.{8}/g).map((hex) => parseInt(hex, 16) | 0);
  for (let n = 0; n <= most; n++) {
    const sum = digest(salt + n);
    if (sum[0] === wanted[0] && sum.every((word, i) => word === wanted[i])) {
      postMessage(n);
      return;
    }
  }
  postMessage(-1);
};
