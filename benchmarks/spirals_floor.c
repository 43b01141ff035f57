/* The floor under a training step of a plane net: 2 -> H -> 2 -> 5 with ReLU, full batch, Adam with L2, for one member on one
   core, written by hand with AVX-512. Every point is read once per step; hidden units are computed twice rather than stored.
   Prints microseconds per step for each width on the command line.

   cc -O3 -march=native -ffast-math spirals_floor.c -lm && ./a.out 1000 2 8 32 100 */
#include <immintrin.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CLASSES = 5, LANES = 16, VECTORS = 4, LAST = 2 + 3 * CLASSES };
typedef __m512 vec;
#define ZERO _mm512_setzero_ps()
#define ALL(x) _mm512_set1_ps(x)
#define FMA _mm512_fmadd_ps

static inline vec exponential(vec x) { /* the polynomial of Cephes' expf */
  const vec n = _mm512_roundscale_ps(_mm512_mul_ps(x, ALL(1.44269504f)), 0);
  const vec r = FMA(n, ALL(2.12194440e-4f), FMA(n, ALL(-0.693359375f), x));
  vec p = FMA(ALL(1.9875691500e-4f), r, ALL(1.3981999507e-3f));
  p = FMA(p, r, ALL(8.3334519073e-3f));
  p = FMA(p, r, ALL(4.1665795894e-2f));
  p = FMA(p, r, ALL(1.6666665459e-1f));
  p = FMA(p, r, ALL(5.0000001201e-1f));
  return _mm512_scalef_ps(FMA(p, _mm512_mul_ps(r, r), _mm512_add_ps(r, ALL(1.0f))), n);
}

/* Parameters lie side by side: weights of x and of y, biases, weights of both outputs, H each; then LAST of the two last layers.
   `sums` holds five vectors of partial gradients per hidden unit. */
static void step(int H, int points, const float *x, const float *y, const int *labels, float *p, float *gradient,
                 float *first, float *second, float *sums) {
  const float *wx = p, *wy = p + H, *b = p + 2 * H, *ua = p + 3 * H, *ub = p + 4 * H, *c = p + 5 * H;
  const float *va = c + 2, *vb = va + CLASSES, *d = vb + CLASSES;
  vec ga = ZERO, gb = ZERO, gva[CLASSES], gvb[CLASSES], gd[CLASSES];
  memset(sums, 0, sizeof(float) * LANES * 5 * H);
  for (int k = 0; k < CLASSES; k++) gva[k] = gvb[k] = gd[k] = ZERO;
  for (int s = 0; s < points; s += LANES * VECTORS) {
    vec X[VECTORS], Y[VECTORS], A[VECTORS], B[VECTORS];
    __mmask16 here[VECTORS];
    for (int v = 0; v < VECTORS; v++) {
      const int at = s + LANES * v, left = points - at;
      here[v] = left >= LANES ? 0xffff : left <= 0 ? 0 : (1 << left) - 1;
      X[v] = _mm512_maskz_loadu_ps(here[v], x + at);
      Y[v] = _mm512_maskz_loadu_ps(here[v], y + at);
      A[v] = ALL(c[0]);
      B[v] = ALL(c[1]);
    }
    for (int h = 0; h < H; h++)
      for (int v = 0; v < VECTORS; v++) {
        const vec z = _mm512_max_ps(FMA(ALL(wx[h]), X[v], FMA(ALL(wy[h]), Y[v], ALL(b[h]))), ZERO);
        A[v] = FMA(ALL(ua[h]), z, A[v]);
        B[v] = FMA(ALL(ub[h]), z, B[v]);
      }
    vec DA[VECTORS], DB[VECTORS];
    for (int v = 0; v < VECTORS; v++) {
      vec score[CLASSES], largest = ALL(-1e30f), total = ZERO;
      for (int k = 0; k < CLASSES; k++) {
        score[k] = FMA(ALL(va[k]), A[v], FMA(ALL(vb[k]), B[v], ALL(d[k])));
        largest = _mm512_max_ps(largest, score[k]);
      }
      for (int k = 0; k < CLASSES; k++) {
        score[k] = exponential(_mm512_sub_ps(score[k], largest));
        total = _mm512_add_ps(total, score[k]);
      }
      const vec scale = _mm512_div_ps(ALL(1.0f / points), total);
      const __m512i label = _mm512_maskz_loadu_epi32(here[v], labels + s + LANES * v);
      DA[v] = DB[v] = ZERO;
      for (int k = 0; k < CLASSES; k++) {
        vec g = _mm512_maskz_mul_ps(here[v], score[k], scale);
        const __mmask16 own = _mm512_mask_cmpeq_epi32_mask(here[v], label, _mm512_set1_epi32(k));
        g = _mm512_mask_sub_ps(g, own, g, ALL(1.0f / points));
        gva[k] = FMA(g, A[v], gva[k]);
        gvb[k] = FMA(g, B[v], gvb[k]);
        gd[k] = _mm512_add_ps(gd[k], g);
        DA[v] = FMA(g, ALL(va[k]), DA[v]);
        DB[v] = FMA(g, ALL(vb[k]), DB[v]);
      }
      ga = _mm512_add_ps(ga, DA[v]);
      gb = _mm512_add_ps(gb, DB[v]);
    }
    for (int h = 0; h < H; h++) {
      float *own = sums + 5 * LANES * h;
      vec sum[5];
      for (int j = 0; j < 5; j++) sum[j] = _mm512_load_ps(own + LANES * j);
      for (int v = 0; v < VECTORS; v++) {
        const vec z = FMA(ALL(wx[h]), X[v], FMA(ALL(wy[h]), Y[v], ALL(b[h])));
        const __mmask16 on = _mm512_cmp_ps_mask(z, ZERO, _CMP_GT_OQ);
        const vec active = _mm512_maskz_mov_ps(on, z);
        const vec g = _mm512_maskz_fmadd_ps(on, ALL(ua[h]), DA[v], _mm512_mul_ps(ALL(ub[h]), DB[v]));
        sum[0] = FMA(g, X[v], sum[0]);
        sum[1] = FMA(g, Y[v], sum[1]);
        sum[2] = _mm512_add_ps(g, sum[2]);
        sum[3] = FMA(DA[v], active, sum[3]);
        sum[4] = FMA(DB[v], active, sum[4]);
      }
      for (int j = 0; j < 5; j++) _mm512_store_ps(own + LANES * j, sum[j]);
    }
  }
  for (int h = 0; h < H; h++)
    for (int j = 0; j < 5; j++) gradient[j * H + h] = _mm512_reduce_add_ps(_mm512_load_ps(sums + LANES * (5 * h + j)));
  float *last = gradient + 5 * H;
  last[0] = _mm512_reduce_add_ps(ga);
  last[1] = _mm512_reduce_add_ps(gb);
  for (int k = 0; k < CLASSES; k++) {
    last[2 + k] = _mm512_reduce_add_ps(gva[k]);
    last[2 + CLASSES + k] = _mm512_reduce_add_ps(gvb[k]);
    last[2 + 2 * CLASSES + k] = _mm512_reduce_add_ps(gd[k]);
  }
  for (int i = 0; i < 5 * H + LAST; i++) {
    const float g = gradient[i] + 1e-5f * p[i];
    first[i] = 0.9f * first[i] + 0.1f * g;
    second[i] = 0.999f * second[i] + 0.001f * g * g;
    p[i] -= 1e-3f * first[i] / (sqrtf(second[i]) + 1e-8f);
  }
}

static float *array(size_t n) { /* of random numbers between -1 and 1 */
  float *found = aligned_alloc(64, (n * sizeof(float) + 63) / 64 * 64);
  for (size_t i = 0; i < n; i++) found[i] = 2.0f * rand() / RAND_MAX - 1.0f;
  return found;
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return 1e6 * t.tv_sec + 1e-3 * t.tv_nsec;
}

int main(int count, char **arguments) {
  const int points = atoi(arguments[1]), steps = 2000;
  for (int i = 2; i < count; i++) {
    const int H = atoi(arguments[i]), size = 5 * H + LAST;
    float *x = array(points), *y = array(points), *p = array(size), *sums = array(5 * LANES * H);
    float *gradient = array(size), *first = array(size), *second = array(size);
    int *labels = malloc(points * sizeof(int));
    for (int j = 0; j < points; j++) labels[j] = j % CLASSES;
    for (int j = 0; j < size; j++) first[j] = second[j] = 0.0f;
    double best = INFINITY;
    for (int round = 0; round < 5; round++) {
      const double began = now();
      for (int s = 0; s < steps; s++) step(H, points, x, y, labels, p, gradient, first, second, sums);
      best = fmin(best, (now() - began) / steps);
    }
    printf("%d %.3f\n", H, best);
  }
  return 0;
}
