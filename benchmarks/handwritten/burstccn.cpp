// Spiking BurstCCN target-rate experiment (Greedy et al. 2022; journal version 2026), written by hand as a yardstick
// for generated code: what one core reaches when a person writes this one model, in double precision.
//
// Compile: g++ -O3 -march=native -ffast-math burstccn.cpp -o burstccn
// Run:     ./burstccn N_INPUT N_OUTPUT SECONDS SEED [K]
// Prints the rates (Hz) in the last 5 s of each phase of the 100-s protocol, the mean weight at its end, and the CPU
// time of the loop per simulated second.
//
// K is the number of inputs of an output cell (default N_INPUT: all to all); feedback uses the transpose of that graph.
// Units: mV, ms, pA, pF; potentials are relative to rest (-70 mV). One step is 1 ms; the burst limit is 16 steps.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <new>
#include <numeric>
#include <random>
#include <vector>

#if defined(__AVX2__)
#include <immintrin.h>
#endif

#define RESTRICT __restrict__

constexpr double REST = -70;
constexpr double C_S = 370, TAU_S = 16, G_S = 1300;
constexpr double THETA_INF = -50 - REST, TAU_THETA = 27, THETA_JUMP = 2;
constexpr double TAU_W = 100, W_JUMP = 0.2;  // 0.2 pA, not 200: so the published program computes it
constexpr double C_D = 170, TAU_D = 7, G_D = 1200, E_D = -38 - REST, D_D = 6;
constexpr double BAP = 2600, TAU_WD = 30, A_WD = 13;
constexpr int BURST_LIMIT = 16;
constexpr double SOMA_PROBABILITY = 0.15, SOMA_PULSE = 300 / SOMA_PROBABILITY;
constexpr double DEND_PROBABILITY = 0.30, DEND_PULSE = 400 / DEND_PROBABILITY;
constexpr double DRIVE = 200, WEIGHT_START = 0.4, WEIGHT_MAX = 1.5, P_BASELINE = 0.375;
constexpr double POTENTIATION = 0.046, DEPRESSION = P_BASELINE * POTENTIATION;
constexpr double TOTAL_FORWARD = 0.55 * 40e3, Y_PER_FORWARD = 4.2;

struct Phase {
  const char *name;
  int start, stop;  // steps, half-open
  bool taught;
};
constexpr Phase PHASES[] = {
    {"inc_pre", 0, 20000, false},       {"inc_during", 20000, 40000, true}, {"inc_post", 40000, 50000, false},
    {"dec_pre", 50000, 60000, false},   {"dec_during", 60000, 80000, true}, {"dec_post", 80000, 90000, false},
    {"tail", 90000, 100000, false},
};
constexpr int TARGET_SWITCH = 50000;

constexpr int PAD = 16;  // arrays are padded to whole vectors, so that loops have no remainder
constexpr int BLOCK = 512;  // the noise of a block stays in the first-level cache until it is used

template <class T>
struct Aligned {
  using value_type = T;
  T *allocate(size_t n) { return static_cast<T *>(::operator new(n * sizeof(T), std::align_val_t(64))); }
  void deallocate(T *p, size_t) { ::operator delete(p, std::align_val_t(64)); }
  bool operator==(const Aligned &) const { return true; }
};
template <class T>
using Array = std::vector<T, Aligned<T>>;

// 64-bit lanes of a vector register. g++ does not find the vector product 32 x 32 -> 64 bits by itself, and without it
// the generator takes half of the run.
#if defined(__AVX512F__)
typedef uint64_t Words __attribute__((vector_size(64)));
static inline Words product(Words x, uint32_t m) { return Words(_mm512_mul_epu32(__m512i(x), _mm512_set1_epi64(m))); }
#elif defined(__AVX2__)
typedef uint64_t Words __attribute__((vector_size(32)));
static inline Words product(Words x, uint32_t m) { return Words(_mm256_mul_epu32(__m256i(x), _mm256_set1_epi64x(m))); }
#else
typedef uint64_t Words __attribute__((vector_size(16)));
static inline Words product(Words x, uint32_t m) { return (x & 0xFFFFFFFFu) * uint64_t(m); }
#endif
constexpr int LANES = sizeof(Words) / 8;
typedef double Doubles __attribute__((vector_size(sizeof(Words))));

// One-step currents (pA) from a word for the positive pulse and one for the negative; only the lower halves count.
// A pulse is there if (x + 0.5) * 2^-32 < probability.
static inline Doubles pulses(Words plus, Words minus, double probability, double pulse) {
  const uint64_t bound = uint64_t(std::ceil(probability * 0x1p32 - 0.5)) << 32;
  const Doubles none{}, one = none + pulse;
  return ((plus << 32) < bound ? one : none) - ((minus << 32) < bound ? one : none);
}

// Shot noise of cells first .. first + count. Philox4x32-10 (Salmon et al. 2011) with key (seed, stream) and counter
// (cell, step, 0, 0); its four words give soma plus, soma minus, dendrite plus, dendrite minus.
static void draw_noise(uint32_t seed, uint32_t stream, uint32_t step, int first, int count, double *RESTRICT soma,
                       double *RESTRICT dend) {
  Words cell;
  for (int lane = 0; lane < LANES; lane++) cell[lane] = first + lane;
  for (int i = 0; i < count; i += LANES, cell += LANES) {
    Words x0 = cell, x1 = Words{} + step, x2{}, x3{};
    uint32_t k0 = seed, k1 = stream;
#pragma GCC unroll 10
    for (int round = 0; round < 10; round++) {
      const Words a = product(x0, 0xD2511F53u), b = product(x2, 0xCD9E8D57u);
      x0 = (b >> 32) ^ x1 ^ uint64_t(k0);
      x1 = b;
      x2 = (a >> 32) ^ x3 ^ uint64_t(k1);
      x3 = a;
      k0 += 0x9E3779B9u;
      k1 += 0xBB67AE85u;
    }
    *reinterpret_cast<Doubles *>(soma + i) = pulses(x0, x1, SOMA_PROBABILITY, SOMA_PULSE);
    *reinterpret_cast<Doubles *>(dend + i) = pulses(x2, x3, DEND_PROBABILITY, DEND_PULSE);
  }
}

struct Population {
  int n, padded;
  uint32_t stream;
  Array<double> v, theta, w, u, w_d;
  Array<double> soma, dend;  // currents of the next step
  Array<uint8_t> fired;
  std::vector<int> last_spike;
  std::vector<uint8_t> in_burst;
  std::vector<int> spikes, spikes_before, events, events_before, bursts, bursts_before;
  double event_rate = 0, event_average = 0, burst_average = 0;  // Hz; averages over 1 s

  Population(int n, uint32_t stream)
      : n(n), padded((n + PAD - 1) / PAD * PAD), stream(stream), v(padded), theta(padded, THETA_INF), w(padded),
        u(padded), w_d(padded), soma(padded), dend(padded), fired(padded), last_spike(n, -1000000), in_burst(n) {
    for (auto *list : {&spikes, &spikes_before, &events, &events_before, &bursts, &bursts_before}) list->reserve(n);
  }

  double burst_probability() const { return event_average > 0 ? burst_average / event_average : P_BASELINE; }

  // Soma, adaptation and dendrite of one block; what a spike changes is left to `spike`, as spikes are rare.
  template <bool CLEAR_SOMA>
  void integrate(int first, int count, const double *RESTRICT soma_noise, const double *RESTRICT dend_noise,
                 double soma_bias, double dend_bias) {
    double *RESTRICT v = this->v.data() + first, *RESTRICT theta = this->theta.data() + first;
    double *RESTRICT w = this->w.data() + first, *RESTRICT u = this->u.data() + first;
    double *RESTRICT w_d = this->w_d.data() + first, *RESTRICT soma = this->soma.data() + first;
    double *RESTRICT dend = this->dend.data() + first;
    uint8_t *RESTRICT fired = this->fired.data() + first;
#pragma GCC ivdep  // the compiler loses `restrict` when it inlines
    for (int i = 0; i < count; i++) {
      const double gate = 1 / (1 + std::exp((E_D - u[i]) / D_D));
      const double i_soma = soma[i] + soma_bias + soma_noise[i];
      const double i_dend = dend[i] + dend_bias + dend_noise[i];
      v[i] = v[i] * (1 - 1 / TAU_S) + (G_S * gate + i_soma - w[i]) / C_S;
      theta[i] += (THETA_INF - theta[i]) / TAU_THETA;
      w[i] *= 1 - 1 / TAU_W;
      u[i] = u[i] * (1 - 1 / TAU_D) + (G_D * gate + i_dend - w_d[i]) / C_D;
      w_d[i] = w_d[i] * (1 - 1 / TAU_WD) + u[i] * (A_WD / TAU_WD);  // the new u, as published
      if (CLEAR_SOMA) soma[i] = 0;
      dend[i] = 0;
    }
    // Apart from the loop above, or its vectors would be as long as it takes to fill one with bytes.
    for (int i = 0; i < count; i += PAD)
      for (int j = 0; j < PAD; j++) fired[i + j] = v[i + j] >= theta[i + j];
  }

  void spike(int i, int step) {
    v[i] = 0;
    theta[i] += THETA_JUMP;
    w[i] += W_JUMP;
    spikes.push_back(i);
    const bool within = step - last_spike[i] <= BURST_LIMIT;
    if (!within)
      events.push_back(i);
    else if (!in_burst[i])
      bursts.push_back(i);
    in_burst[i] = within;
    last_spike[i] = step;
  }

  template <bool CLEAR_SOMA>
  void advance(uint32_t seed, int step, double soma_bias, double dend_bias) {
    alignas(64) double soma_noise[BLOCK], dend_noise[BLOCK];
    for (int first = 0; first < padded; first += BLOCK) {
      // Always whole; the division lets the compiler see it.
      const int count = std::min(BLOCK, padded - first) / PAD * PAD;
      draw_noise(seed, stream, step, first, count, soma_noise, dend_noise);
      integrate<CLEAR_SOMA>(first, count, soma_noise, dend_noise, soma_bias, dend_bias);
    }
    spikes_before.swap(spikes);
    events_before.swap(events);
    bursts_before.swap(bursts);
    spikes.clear();
    events.clear();
    bursts.clear();
    std::fill(fired.begin() + n, fired.end(), 0);
    for (int first = 0; first < padded; first += 8) {
      uint64_t any;
      std::memcpy(&any, &fired[first], 8);
      for (; any; any &= any - 1) spike(first + __builtin_ctzll(any) / 8, step);
    }
    // A back-propagating pulse lasts the two steps after its spike.
    for (int i : spikes_before) dend[i] += BAP;
    for (int i : spikes) dend[i] += BAP;
    event_rate = events.size() * 1000.0 / n;
    event_average += (event_rate - event_average) / 1000;
    burst_average += (bursts.size() * 1000.0 / n - burst_average) / 1000;
  }
};

struct Synapses {  // compressed rows: the targets of each source cell
  std::vector<int64_t> start;
  std::vector<int32_t> target;
  std::vector<double> current;  // pA

  void deliver(const std::vector<int> &sources, double scale, double *RESTRICT into) const {
    const int32_t *RESTRICT target = this->target.data();
    const double *RESTRICT current = this->current.data();
    for (size_t e = 0; e < sources.size(); e++) {
      // Rows of rare events are far apart and cold: fetch the next one while this one is delivered.
      if (e + 1 < sources.size())
        for (int64_t s = start[sources[e + 1]]; s < start[sources[e + 1] + 1]; s += 8) {
          __builtin_prefetch(target + s);
          __builtin_prefetch(current + s);
        }
      for (int64_t s = start[sources[e]]; s < start[sources[e] + 1]; s++) into[target[s]] += scale * current[s];
    }
  }

  Synapses transposed(int n_targets, double scale) const {
    Synapses t;
    t.start.assign(n_targets + 1, 0);
    for (int32_t j : target) t.start[j + 1]++;
    std::partial_sum(t.start.begin(), t.start.end(), t.start.begin());
    t.target.resize(target.size());
    t.current.resize(target.size());
    std::vector<int64_t> next(t.start.begin(), t.start.end() - 1);
    for (size_t source = 0; source + 1 < start.size(); source++)
      for (int64_t s = start[source]; s < start[source + 1]; s++) {
        const int64_t place = next[target[s]]++;
        t.target[place] = source;
        t.current[place] = scale * current[s];
      }
    return t;
  }
};

// For each output cell its k distinct inputs (Floyd's sampling), as the rows of a feedback projection.
static Synapses feedback_graph(int n_input, int n_output, int k, uint32_t seed) {
  Synapses g;
  std::mt19937_64 random(seed);
  std::vector<int> taken_by(n_input, -1);
  for (int j = 0; j < n_output; j++) {
    g.start.push_back(g.target.size());
    for (int top = n_input - k; top < n_input; top++) {
      const int drawn = random() % (top + 1), chosen = taken_by[drawn] == j ? top : drawn;
      taken_by[chosen] = j;
      g.target.push_back(chosen);
    }
    std::sort(g.target.end() - k, g.target.end());
  }
  g.start.push_back(g.target.size());
  g.current.assign(g.target.size(), Y_PER_FORWARD * TOTAL_FORWARD / k);
  return g;
}

static double cpu_seconds() {
  timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return t.tv_sec + 1e-9 * t.tv_nsec;
}

int main(int argc, char **argv) {
  if (argc < 5 || argc > 6) {
    std::fprintf(stderr, "usage: %s N_INPUT N_OUTPUT SECONDS SEED [K]\n", argv[0]);
    return 2;
  }
  const int n_input = std::atoi(argv[1]), n_output = std::atoi(argv[2]);
  const int steps = std::lround(std::atof(argv[3]) * 1000);
  const uint32_t seed = std::strtoul(argv[4], nullptr, 10);
  const int k = argc > 5 ? std::atoi(argv[5]) : n_input;
  if (n_input < 1 || n_output < 1 || steps < 1 || steps > 100000 || k < 1 || k > n_input) {
    std::fprintf(stderr, "%s: sizes must be positive, SECONDS up to 100, K up to N_INPUT\n", argv[0]);
    return 2;
  }

  Population input(n_input, 0), output(n_output, 1);
  const Synapses feedback = feedback_graph(n_input, n_output, k, seed);
  const Synapses forward = feedback.transposed(n_input, 1 / Y_PER_FORWARD);
  std::vector<double> weight(n_input);
  const auto set_weight = [&](int i, double value) {
    weight[i] = value;
    input.soma[i] = value * DRIVE;
  };
  for (int i = 0; i < n_input; i++) set_weight(i, WEIGHT_START);

  std::printf("%-10s %8s %8s %8s %8s %8s\n", "phase", "in_ev", "out_ev", "in_bu", "out_bu", "w_end");
  const double begun = cpu_seconds();
  for (const Phase &phase : PHASES) {
    if (phase.start >= steps) break;
    const int stop = std::min(phase.stop, steps), counted_from = std::max(phase.start, stop - 5000);
    int64_t input_events = 0, output_events = 0, input_bursts = 0, output_bursts = 0;
    for (int step = phase.start; step < stop; step++) {
      const bool second = step >= TARGET_SWITCH;
      const double teacher = phase.taught ? (second ? 100 : 80) * ((second ? 5 : 10) - output.event_average) : 0;
      const double input_soma = 50 - 143 * input.burst_probability();
      const double output_soma = 50 - 143 * output.burst_probability();
      const double output_dend = -10 + 42 - 1.71 * output.event_rate + teacher;

      // INPUT moves before OUTPUT: feedback takes two steps, forward events one.
      feedback.deliver(output.events_before, -P_BASELINE, input.dend.data());
      feedback.deliver(output.bursts_before, 1, input.dend.data());
      forward.deliver(input.events, 1, output.soma.data());
      input.advance<false>(seed, step, input_soma, -10);
      for (int i : input.events) set_weight(i, std::max(weight[i] - DEPRESSION, 0.0));
      for (int i : input.bursts) set_weight(i, std::min(weight[i] + POTENTIATION, WEIGHT_MAX));
      output.advance<true>(seed, step, output_soma, output_dend);

      if (step >= counted_from) {
        input_events += input.events.size();
        output_events += output.events.size();
        input_bursts += input.bursts.size();
        output_bursts += output.bursts.size();
      }
    }
    const double seconds = (stop - counted_from) / 1000.0;
    std::printf("%-10s %8.4f %8.4f %8.4f %8.4f %8.5f\n", phase.name, input_events / seconds / n_input,
                output_events / seconds / n_output, input_bursts / seconds / n_input,
                output_bursts / seconds / n_output, std::accumulate(weight.begin(), weight.end(), 0.0) / n_input);
  }
  std::printf("cpu_seconds_per_simulated_second %.6g\n", (cpu_seconds() - begun) / steps * 1000);
}
