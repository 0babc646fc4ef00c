// Spiking BurstCCN target-rate experiment (Greedy et al. 2022; journal version 2026), written by hand as a yardstick
// for generated code: what one core reaches when a person writes this one model, in double precision.
//
// Compile: g++ -O3 -march=native -ffast-math burstccn.cpp -o burstccn
// Run:     ./burstccn N_INPUT N_OUTPUT SECONDS SEED [K]
// Prints events and bursts of each phase of the 100-s protocol and the mean weight at its end, which equal burstnet's
// for the same seed, and the CPU time of the loop per simulated second.
//
// K is the number of inputs of an output cell, drawn with replacement (default: all to all); feedback uses the
// transpose of that graph.
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
#include <vector>

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

// Streams of the noises and of the graph: CRC-32 of "input.noise", "output.noise" and "W", as burstnet numbers them.
constexpr uint32_t INPUT_NOISE = 86606073, OUTPUT_NOISE = 1541227310, FORWARD_GRAPH = 655174618;

// A pulse is there if (word + 0.5) * 2^-32 < probability, which is word < this.
constexpr uint32_t below(double probability) {
  const double bound = probability * 0x1p32 - 0.5;
  return uint32_t(bound) + (uint32_t(bound) < bound);
}

// Threefry4x32-13 (Salmon et al. 2011) with key (seed, stream, 0, 0), in the place of the counter.
static inline __attribute__((always_inline)) void threefry(uint32_t seed, uint32_t stream, uint32_t *x) {
  constexpr int TURNS[8][2] = {{10, 26}, {11, 21}, {13, 27}, {23, 5}, {6, 20}, {17, 11}, {25, 10}, {18, 20}};
  const uint32_t key[5] = {seed, stream, 0, 0, 0x1BD11BDAu ^ seed ^ stream};
  const auto mix = [](uint32_t &a, uint32_t &b, int turn) {
    a += b;
    b = (b << turn | b >> (32 - turn)) ^ a;
  };
  for (int word = 0; word < 4; word++) x[word] += key[word];
#pragma GCC unroll 13
  for (int round = 0; round < 13; round++) {
    mix(x[0], x[round % 2 ? 3 : 1], TURNS[round % 8][0]);
    mix(x[2], x[round % 2 ? 1 : 3], TURNS[round % 8][1]);
    if (round % 4 == 3) {
      const int block = round / 4 + 1;
      for (int word = 0; word < 4; word++) x[word] += key[(block + word) % 5];
      x[3] += block;
    }
  }
}

// Shot noise of cells first .. first + count, in pulses: -1, 0 or 1. The words of counter (cell, step, 0, 0) give
// soma +, soma -, dendrite +, dendrite -.
static void draw_noise(uint32_t seed, uint32_t stream, uint32_t step, int first, int count, int32_t *RESTRICT soma,
                       int32_t *RESTRICT dend) {
  constexpr uint32_t SOMA_BELOW = below(SOMA_PROBABILITY), DEND_BELOW = below(DEND_PROBABILITY);
#pragma GCC ivdep
  for (int i = 0; i < count; i++) {
    uint32_t words[4] = {uint32_t(first + i), step, 0, 0};
    threefry(seed, stream, words);
    soma[i] = int32_t(words[0] < SOMA_BELOW) - int32_t(words[1] < SOMA_BELOW);
    dend[i] = int32_t(words[2] < DEND_BELOW) - int32_t(words[3] < DEND_BELOW);
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
  void integrate(int first, int count, const int32_t *RESTRICT soma_noise, const int32_t *RESTRICT dend_noise,
                 double soma_bias, double dend_bias) {
    double *RESTRICT v = this->v.data() + first, *RESTRICT theta = this->theta.data() + first;
    double *RESTRICT w = this->w.data() + first, *RESTRICT u = this->u.data() + first;
    double *RESTRICT w_d = this->w_d.data() + first, *RESTRICT soma = this->soma.data() + first;
    double *RESTRICT dend = this->dend.data() + first;
    uint8_t *RESTRICT fired = this->fired.data() + first;
#pragma GCC ivdep  // the compiler loses `restrict` when it inlines
    for (int i = 0; i < count; i++) {
      const double gate = 1 / (1 + std::exp((E_D - u[i]) / D_D));
      const double i_soma = soma[i] + soma_bias + SOMA_PULSE * soma_noise[i];
      const double i_dend = dend[i] + dend_bias + DEND_PULSE * dend_noise[i];
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
    alignas(64) int32_t soma_noise[BLOCK], dend_noise[BLOCK];
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

// The inputs of each output cell, as the rows of a feedback projection: all, or k of them drawn with replacement, where
// input number d of cell j is the first word of counter (j, d, 0, 1) and key (seed, stream, 0, 0).
static Synapses feedback_graph(int n_input, int n_output, int k, uint32_t seed) {
  Synapses g;
  const int inputs = k ? k : n_input;
  const int64_t n = int64_t(n_output) * inputs;
  g.target.resize(n);
  g.current.assign(n, Y_PER_FORWARD * n_input / n_output * TOTAL_FORWARD / inputs);
  for (int j = 0; j <= n_output; j++) g.start.push_back(int64_t(j) * inputs);
  for (int j = 0; j < n_output; j++) {
    int32_t *row = &g.target[g.start[j]];
#pragma GCC ivdep
    for (int d = 0; d < inputs; d++) {
      uint32_t words[4] = {uint32_t(j), uint32_t(d), 0, 1};
      threefry(seed, FORWARD_GRAPH, words);
      row[d] = k ? int32_t(n_input * ((words[0] + 0.5) * 0x1p-32)) : d;
    }
    if (k) std::sort(row, row + inputs);
  }
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
  const int k = argc > 5 ? std::atoi(argv[5]) : 0;
  if (n_input < 1 || n_output < 1 || steps < 1 || steps > 100000 || k < 0) {
    std::fprintf(stderr, "%s: sizes must be positive, SECONDS up to 100\n", argv[0]);
    return 2;
  }

  Population input(n_input, INPUT_NOISE), output(n_output, OUTPUT_NOISE);
  const Synapses feedback = feedback_graph(n_input, n_output, k, seed);
  const Synapses forward = feedback.transposed(n_input, n_output / (Y_PER_FORWARD * n_input));
  std::vector<double> weight(n_input);
  const auto set_weight = [&](int i, double value) {
    weight[i] = value;
    input.soma[i] = value * DRIVE;
  };
  for (int i = 0; i < n_input; i++) set_weight(i, WEIGHT_START);

  std::printf("%-10s %9s %9s %9s %9s %10s\n", "phase", "in_event", "in_burst", "out_event", "out_burst", "w_end");
  const double begun = cpu_seconds();
  for (const Phase &phase : PHASES) {
    if (phase.start >= steps) break;
    const int stop = std::min(phase.stop, steps);
    long input_events = 0, input_bursts = 0, output_events = 0, output_bursts = 0;
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

      input_events += input.events.size();
      input_bursts += input.bursts.size();
      output_events += output.events.size();
      output_bursts += output.bursts.size();
    }
    const double mean_weight = std::accumulate(weight.begin(), weight.end(), 0.0) / n_input;
    std::printf("%-10s %9ld %9ld %9ld %9ld %10.7f\n", phase.name, input_events, input_bursts, output_events,
                output_bursts, mean_weight);
  }
  std::printf("cpu_seconds_per_simulated_second %.6g\n", (cpu_seconds() - begun) / steps * 1000);
}
