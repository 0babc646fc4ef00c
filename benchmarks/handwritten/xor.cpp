// XOR network of Payeur et al. (2021), Fig. 4, written by hand as a yardstick for generated code and as a quick way to
// look for settings: five populations of 500 two-compartment cells with stochastic bursts, 16 projections.
//
// Compile: g++ -O3 -march=native -ffast-math xor.cpp -o xor     (-DREAL=double: what precision costs)
// Run:     ./xor [NAME=VALUE ...], e.g. ./xor seed=2 examples=400 rule=1 schedule=1; ./xor help=1 lists the settings
// Prints one line of CSV for each example, and on stderr the CPU time of the loop per simulated second.
//
// The order of updates is that of the published program: synaptic currents from the old potentials, decay of the
// conductances, membranes, threshold; then delivery and weights with the spikes of this same step; injected currents
// last. Currents switch 0.1 ms earlier than there. Noise is one Bernoulli draw in each step, drawn as gaps.
// Units: mV, ms, pA, pF; potentials are relative to rest (-70 mV), conductances to the leak.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <memory>
#include <random>
#include <vector>

#include "draws.h"

constexpr double DT = 0.1;
constexpr double E_EXC = 70, E_INH = -10, THETA = 20, THETA_JUMP = 2;
constexpr double TAU_S = 16, C_S = 370, TAU_D = 7, C_D = 170, TAU_THETA = 27;
constexpr double TAU_WS = 100, B_WS = -200, TAU_WD = 30, A_WD = -13, TAU_E = 5, TAU_I = 10;
constexpr double E_D = 13, D_D = 6;  // -57 mV: the sigmoid is a burst probability here
constexpr int REFRACTORY = 200;
constexpr double TAU_BURST = 16, TAU_PRE = 100, TAU_RATE = 30e3;  // ms
constexpr double PRE_DELAY = 0.8;  // presynaptic detectors see spikes so much later: 16.8 ms instead of 16

constexpr int N = 500, PADDED = 512, BLOCK = 64;  // cells of a population; whole vectors; cells tested at once
enum { IN1, IN2, HID1, HID2, OUT, POPULATIONS };
// Arrays are a few cache lines longer than their cells: arrays that begin at the same place of a page push each other
// out of the first-level cache, which doubles the time in double precision.
constexpr int CELLS = POPULATIONS * PADDED + 80;
constexpr double CONNECTED = 0.2;

struct Setting {
  const char *name, *what;
  double value;
};
enum { SEED, EXAMPLES, RULE, SCHEDULE, PB_HID1, PB_HID2, PB_OUT, ETA_HID, ETA_OUT, ALPHA, E_MIN, E_MAX, W0, GABA, Y1E,
       Y1I, Y2E, Y2I, Q1E, Q1I, Q2E, Q2I, I_OUT, I_HID1, I_HID2, TEACH, TEACH_EVERY, LENGTH, LEARN_FROM, TEST_EVERY,
       HELP };
static Setting settings[] = {
    {"seed", "seed of graph and noise", 1},
    {"examples", "number of training examples, 4 an epoch", 400},
    {"rule", "0: moving average of the burst probability, 1: fixed baselines pb_*", 0},
    {"schedule", "0: two-phase, 1: one-phase (teaching and plasticity from learn_from to the end of an example)", 0},
    {"pb_hid1", "baseline of hidden 1", 0.285},
    {"pb_hid2", "baseline of hidden 2", 0.26},
    {"pb_out", "baseline of the output", 0.404},
    {"eta_hid", "learning rate input -> hidden", 8e-3},
    {"eta_out", "learning rate hidden -> output", 4e-3},
    {"alpha", "time constant of moving averages, s", 2},
    {"e_min", "lower bound of homeostasis, Hz", 2},
    {"e_max", "upper bound of homeostasis, Hz", 10},
    {"w0", "first weight of the plastic projections", 0.234},
    {"gaba", "weight of the static inhibition beside them", 0.25},
    {"y1e", "burst feedback to hidden 1, excitation", 0.26},
    {"y1i", "burst feedback to hidden 1, inhibition", 0.06},
    {"y2e", "burst feedback to hidden 2, excitation", 0.026},
    {"y2i", "burst feedback to hidden 2, inhibition", 0.27},
    {"q1e", "event feedback to hidden 1, excitation (not in the published network)", 0},
    {"q1i", "event feedback to hidden 1, inhibition", 0},
    {"q2e", "event feedback to hidden 2, excitation", 0},
    {"q2i", "event feedback to hidden 2, inhibition", 0},
    {"i_out", "constant dendritic current of the output, pA", 400},
    {"i_hid1", "constant dendritic current of hidden 1, pA", 0},
    {"i_hid2", "constant dendritic current of hidden 2, pA", 500},
    {"teach", "teaching strength, pA", 1000},
    {"teach_every", "the teaching current is renewed so often, s", 0.8},
    {"length", "length of an example, s", 8},
    {"learn_from", "start of teaching and plasticity in an example, s (two-phase: 7.2)", 7.2},
    {"test_every", "a test without teaching and plasticity after so many epochs (0: only at the ends)", 0},
    {"help", "list the settings", 0},
};
static double get(int which) { return settings[which].value; }

struct Plastic : Graph {
  int from, to;
  std::vector<Real> weight;
  std::vector<int32_t> reverse_start, reverse_synapse;  // the synapses of each target
  std::vector<uint16_t> reverse_source;
  double eta;

  Plastic(int from, int to, uint32_t seed, uint32_t stream)
      : Graph(N, N, CONNECTED, true, seed, stream), from(from), to(to), weight(target.size(), get(W0)),
        reverse_start(N + 1), reverse_synapse(target.size()), reverse_source(target.size()),
        eta(get(to == OUT ? ETA_OUT : ETA_HID)) {
    for (int j : target) reverse_start[j + 1]++;
    for (int j = 0; j < N; j++) reverse_start[j + 1] += reverse_start[j];
    std::vector<int32_t> next(reverse_start);
    for (int source = 0; source < N; source++)
      for (int s = start[source]; s < start[source + 1]; s++) {
        reverse_synapse[next[target[s]]] = s;
        reverse_source[next[target[s]]++] = source;
      }
  }
  double mean() const {
    double sum = 0;
    for (Real w : weight) sum += w;
    return sum / weight.size();
  }
};

struct Cell {  // what only spikes read or change; averages are those of the time of the last change
  int last_spike = -1000000, last_average = 0;
  double spikes = 0;              // leaky count of the detectors at the last spike
  double events = 0, bursts = 0;  // moving averages
  bool burst_seen = false, burst_sent = false;
};

struct Spikes {
  std::vector<int> events, bursts;    // as the cell itself sees them: learning and rates
  std::vector<int> sent_events, sent_bursts;  // as its targets see them
  void clear() {
    for (auto *list : {&events, &bursts, &sent_events, &sent_bursts}) list->clear();
  }
};

struct Network {
  alignas(64) Real v[CELLS] = {}, theta[CELLS] = {}, w_s[CELLS] = {}, u[CELLS] = {}, w_d[CELLS];
  alignas(64) Real ge_s[CELLS] = {}, gi_s[CELLS] = {}, ge_d[CELLS] = {}, gi_d[CELLS] = {}, teaching[PADDED] = {};
  // Of presynaptic events, and of all spikes over 30 s, both times exp((step - trace_from) dt / tau): nothing decays.
  alignas(64) Real trace[CELLS] = {}, rate[CELLS];
  int trace_from = 0, step = 0;
  Cell cells[CELLS];
  Spikes spikes[POPULATIONS];
  std::vector<int> due[256];  // second spikes of bursts, by step
  std::vector<Plastic> plastic;
  std::vector<Graph> gaba, feedback;
  double i_soma[POPULATIONS] = {}, i_dend[POPULATIONS] = {};
  bool learning = false;
  long events[POPULATIONS] = {}, bursts[POPULATIONS] = {};
  Stream burst_draws;
  Pulses in_e, in_i, hid_e, hid_i, out_e, out_i, dend_e, dend_i;

  explicit Network(uint32_t seed)
      : burst_draws(seed, 1), in_e(seed, 2, 0.05), in_i(seed, 3, 0.05), hid_e(seed, 4, 0.015), hid_i(seed, 5, 0.015),
        out_e(seed, 6, 0.015), out_i(seed, 7, 0.015), dend_e(seed, 8, 0.05), dend_i(seed, 9, 0.05) {
    std::fill(w_d, w_d + CELLS, 0.1);
    std::fill(rate, rate + CELLS, 0.1 * TAU_RATE / 1000);
    std::mt19937 fixed(42);  // the same potentials in all populations and for all seeds, as published
    std::normal_distribution<double> normal(0, 5);
    for (int i = 0; i < N; i++) {
      const double value = normal(fixed);
      for (int p = 0; p < POPULATIONS; p++) v[p * PADDED + i] = value;
    }
    uint32_t stream = 100;
    for (auto [from, to] : {std::pair(IN1, HID1), {IN2, HID1}, {IN1, HID2}, {IN2, HID2}, {HID1, OUT}, {HID2, OUT}}) {
      plastic.emplace_back(from, to, seed, stream++);
      gaba.emplace_back(N, N, CONNECTED, true, seed, stream++);
    }
    for (int k = 0; k < 4; k++) feedback.emplace_back(N, N, CONNECTED, true, seed, stream++);
    i_dend[HID1] = get(I_HID1);
    i_dend[HID2] = get(I_HID2);
    i_dend[OUT] = get(I_OUT);
  }

  template <bool TAUGHT>
  void integrate(int population) {
    constexpr Real A_S = DT / TAU_S, A_D = DT / TAU_D, K_WS = DT / C_S * B_WS, K_WD = DT / C_D * A_WD;
    constexpr Real TO_WD = DT / TAU_WD, KEEP_THETA = 1 - DT / TAU_THETA;
    const Real keep_ws = std::exp(-DT / TAU_WS), keep_e = std::exp(-DT / TAU_E), keep_i = std::exp(-DT / TAU_I);
    const Real inject_s = DT / C_S * i_soma[population], inject_d = DT / C_D * i_dend[population];
    const Real *RESTRICT teaching = this->teaching;
    for (int block = 0; block < PADDED; block += BLOCK) {
      const int first = population * PADDED + block;
      Real *RESTRICT v = this->v + first, *RESTRICT theta = this->theta + first;
      Real *RESTRICT w_s = this->w_s + first, *RESTRICT u = this->u + first;
      Real *RESTRICT w_d = this->w_d + first, *RESTRICT ge_s = this->ge_s + first;
      Real *RESTRICT gi_s = this->gi_s + first, *RESTRICT ge_d = this->ge_d + first;
      Real *RESTRICT gi_d = this->gi_d + first;
      Real most = -1e3;
#pragma GCC ivdep
      for (int i = 0; i < BLOCK; i++) {
        const Real v0 = v[i] + inject_s, u0 = u[i] + inject_d + (TAUGHT ? teaching[block + i] : 0);
        const Real drive_e = Real(E_EXC) - v0, drive_i = Real(E_INH) - v0;  // of the soma for the dendrite too
        const Real j_s = ge_s[i] * drive_e + gi_s[i] * drive_i, j_d = ge_d[i] * drive_e + gi_d[i] * drive_i;
        v[i] = v0 + A_S * (j_s - v0) + K_WS * w_s[i];
        u[i] = u0 + A_D * (j_d - u0) + K_WD * w_d[i];
        w_s[i] *= keep_ws;
        w_d[i] += TO_WD * (u[i] - w_d[i]);
        theta[i] *= KEEP_THETA;
        most = std::max(most, v[i] - theta[i]);
        ge_s[i] *= keep_e;
        gi_s[i] *= keep_i;
        ge_d[i] *= keep_e;
        gi_d[i] *= keep_i;
      }
      if (most > Real(THETA))
        for (int i = 0; i < std::min(BLOCK, N - block); i++)
          if (v[i] - theta[i] > Real(THETA) && step - cells[first + i].last_spike >= REFRACTORY)
            fire(population, first + i);
    }
  }

  void fire(int population, int i) {
    v[i] = 0;
    theta[i] += Real(THETA_JUMP);
    w_s[i] += 1;
    if (burst_draws.uniform() < 1 / (1 + std::exp((E_D - u[i]) / D_D))) {
      const int counter = int((5 + burst_draws.uniform() * 10) / DT);
      due[(step + counter - 1) & 255].push_back(i);
    }
    spike(population, i);
  }

  void spike(int population, int i) {
    Cell &c = cells[i];
    Spikes &lists = spikes[population];
    const int local = i - population * PADDED;
    const double since = (step - c.last_spike) * DT, count = c.spikes * std::exp(-since / TAU_BURST);
    const auto detect = [&](double count, bool &seen, std::vector<int> &events, std::vector<int> &bursts) {
      if (count < std::exp(-1.0)) {
        events.push_back(local);
        seen = false;
      } else if (!seen) {
        bursts.push_back(local);
        seen = true;
      }
    };
    detect(count, c.burst_seen, lists.events, lists.bursts);
    detect(count * std::exp(PRE_DELAY / TAU_BURST), c.burst_sent, lists.sent_events, lists.sent_bursts);
    c.spikes = count + 1;
    rate[i] += std::exp((step - trace_from) * DT / TAU_RATE);
    c.last_spike = step;
  }

  void average(Cell &c) const {
    const double keep = std::exp((c.last_average - step) * DT / (1000 * get(ALPHA)));
    c.events *= keep;
    c.bursts *= keep;
    c.last_average = step;
  }

  void deliver(Plastic &p) {
    Real *RESTRICT g = &ge_s[p.to * PADDED], *RESTRICT weight = p.weight.data();
    const uint16_t *RESTRICT target = p.target.data();
    const Real *RESTRICT rate = &this->rate[p.to * PADDED];
    const Real e_min = get(E_MIN), eta = p.eta, to_hz = 1000 / TAU_RATE * std::exp((trace_from - step) * DT / TAU_RATE);
    for (int source : spikes[p.from].sent_events) {
      for (int s = p.start[source]; s < p.start[source + 1]; s++) g[target[s]] += weight[s];
      if (!learning) continue;
      for (int s = p.start[source]; s < p.start[source + 1]; s++) {
        const Real low = e_min - to_hz * rate[target[s]];
        weight[s] = std::min<Real>(weight[s] + eta * std::max<Real>(low, 0), 1);
      }
    }
  }

  void learn(Plastic &p, int local, double factor) {
    const Real amount = p.eta * factor * std::exp((trace_from - step) * DT / TAU_PRE);
    const Real *RESTRICT trace = &this->trace[p.from * PADDED];
    for (int k = p.reverse_start[local]; k < p.reverse_start[local + 1]; k++) {
      Real &w = p.weight[p.reverse_synapse[k]];
      w = std::clamp<Real>(w + amount * trace[p.reverse_source[k]], 0, 1);
    }
  }

  void advance() {
    for (Spikes &lists : spikes) lists.clear();
    for (int i : due[step & 255]) spike(i / PADDED, i);
    due[step & 255].clear();
    for (int population = 0; population < OUT; population++) integrate<false>(population);
    integrate<true>(OUT);
    in_e.add(&ge_s[0], 2 * PADDED, 0.35);
    in_i.add(&gi_s[0], 2 * PADDED, 0.35);
    hid_e.add(&ge_s[HID1 * PADDED], 2 * PADDED, 0.385);
    hid_i.add(&gi_s[HID1 * PADDED], 2 * PADDED, 0.49);
    out_e.add(&ge_s[OUT * PADDED], PADDED, 0.35);
    out_i.add(&gi_s[OUT * PADDED], PADDED, 0.35);
    dend_e.add(&ge_d[0], POPULATIONS * PADDED, 0.05);
    dend_i.add(&gi_d[0], POPULATIONS * PADDED, 0.05);
    for (size_t k = 0; k < plastic.size(); k++) {
      const int from = plastic[k].from, to = plastic[k].to;
      deliver(plastic[k]);
      gaba[k].deliver(spikes[from].sent_events, &gi_s[to * PADDED], get(GABA));
    }
    for (int k = 0; k < 4; k++) {
      Real *g = &(k % 2 ? gi_d : ge_d)[(k < 2 ? HID1 : HID2) * PADDED];
      feedback[k].deliver(spikes[OUT].sent_bursts, g, get(Y1E + k));
      if (get(Q1E + k) > 0) feedback[k].deliver(spikes[OUT].sent_events, g, get(Q1E + k));
    }
    const Real grown = std::exp((step - trace_from) * DT / TAU_PRE);
    for (int p = IN1; p < OUT; p++)
      for (int local : spikes[p].sent_events) trace[p * PADDED + local] += grown;
    for (int p = HID1; p < POPULATIONS; p++) update_weights(p);
    for (int p = 0; p < POPULATIONS; p++) {
      events[p] += spikes[p].events.size();
      bursts[p] += spikes[p].bursts.size();
    }
    step++;
    if (step - trace_from == 2000) {
      for (Real &x : trace) x *= std::exp(-2000 * DT / TAU_PRE);
      for (Real &x : rate) x *= std::exp(-2000 * DT / TAU_RATE);
      trace_from = step;
    }
  }

  void update_weights(int population) {
    const auto change = [&](int local, Cell &c, double amount) {
      const double rate = c.events / get(ALPHA), homeostasis = rate > get(E_MAX) ? (get(E_MAX) - rate) / rate : 0;
      if (learning)
        for (Plastic &p : plastic)
          if (p.to == population) learn(p, local, homeostasis + amount);
    };
    for (int local : spikes[population].events) {
      Cell &c = cells[population * PADDED + local];
      average(c);
      const double moving = c.events > 0 ? std::min(c.bursts / c.events, 1.0) : 1;
      change(local, c, get(RULE) ? -get(PB_HID1 + population - HID1) : -moving);
      c.events += 1;
    }
    for (int local : spikes[population].bursts) {
      Cell &c = cells[population * PADDED + local];
      average(c);
      c.bursts += 1;
      change(local, c, 1);
    }
  }

  double output_rate(int local) {
    Cell &c = cells[OUT * PADDED + local];
    average(c);
    return c.events / get(ALPHA);
  }

  double cost(bool target) {
    double rate = 0;
    for (int i = 0; i < N; i++) rate += output_rate(i) / N;
    const double y = std::clamp((rate - 2) / 8, 0.01, 0.99);
    return -std::log(target ? y : 1 - y);
  }

  void teach(bool target) {  // the published steps, which leave cells alone that are at the target
    for (int i = 0; i < N; i++) {
      const double e = output_rate(i), strength = get(TEACH);
      double current = 0;
      if (target)
        current = e >= 9 ? 0 : e <= 3 ? strength : strength / (e - 2);
      else
        current = e <= 3 ? 0 : e >= 9 ? -strength : -strength / (10 - e);
      teaching[i] = current * DT / C_D;
    }
  }
};

struct Counts {
  long events[POPULATIONS], bursts[POPULATIONS];
  explicit Counts(const Network &n) {
    std::memcpy(events, n.events, sizeof events);
    std::memcpy(bursts, n.bursts, sizeof bursts);
  }
};

static void print_window(const Network &n, const Counts &from, double seconds) {
  for (int p = 0; p < POPULATIONS; p++) {
    const double e = n.events[p] - from.events[p], b = n.bursts[p] - from.bursts[p];
    std::printf(",%.3f,%.2f", seconds > 0 ? e / N / seconds : 0, e > 0 ? 100 * b / e : 0);
  }
}

static void example(Network &n, const char *part, int number, int pattern, bool training) {
  // Of the fixed order (0,0), (1,0), (0,1), (1,1).
  const bool first = pattern % 2, second = pattern / 2, target = first != second;
  const auto steps = [](double seconds) { return int(std::lround(seconds * 1000 / DT)); };
  const bool one_phase = get(SCHEDULE) != 0;
  const int begin = n.step, end = begin + steps(get(LENGTH)), learn = begin + steps(get(LEARN_FROM));
  // The window of the rates is that of the prediction; in one-phase learning it lies within teaching.
  const int window = begin + steps(get(LENGTH) * 0.25), close = begin + steps(get(LENGTH) * 0.9);
  n.i_soma[IN1] = first ? 150 : -350;
  n.i_soma[IN2] = second ? 150 : -350;
  double cost = 0;
  Counts prediction(n), teaching(n);
  std::printf("%s,%d,%d%d", part, number, first, second);
  while (n.step < end) {
    if (n.step == window) prediction = Counts(n);
    if (n.step == close) cost = n.cost(target);
    n.learning = training && n.step >= learn;
    if (n.learning && (n.step == learn || (one_phase && (n.step - learn) % steps(get(TEACH_EVERY)) == 0)))
      n.teach(target);
    if (n.step == close) {
      std::printf(",%.4f", cost);
      print_window(n, prediction, (close - window) * DT / 1000);
      teaching = Counts(n);
    }
    n.advance();
  }
  print_window(n, teaching, (end - close) * DT / 1000);
  for (const Plastic &p : n.plastic) std::printf(",%.5f", p.mean());
  std::printf("\n");
  std::fflush(stdout);
  n.learning = false;
  std::fill(n.teaching, n.teaching + PADDED, 0);
}

static double cpu_seconds() {
  timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return t.tv_sec + 1e-9 * t.tv_nsec;
}

int main(int argc, char **argv) {
  for (int k = 1; k < argc; k++) {
    const char *equals = std::strchr(argv[k], '=');
    Setting *found = nullptr;
    for (Setting &s : settings)
      if (equals && std::strlen(s.name) == size_t(equals - argv[k]) && !std::strncmp(s.name, argv[k], equals - argv[k]))
        found = &s;
    char *rest = nullptr;
    if (found) found->value = std::strtod(equals + 1, &rest);
    if (!found || *rest || rest == equals + 1) {
      std::fprintf(stderr, "%s: '%s' is not NAME=NUMBER with a name of help=1\n", argv[0], argv[k]);
      return 2;
    }
  }
  if (get(HELP)) {
    for (const Setting &s : settings) std::printf("%-12s %-8g %s\n", s.name, s.value, s.what);
    return 0;
  }
  std::printf("part,example,input,cost");
  for (const char *window : {"pred", "teach"})
    for (const char *name : {"in1", "in2", "hid1", "hid2", "out"})
      std::printf(",%s_er_%s,%s_bp_%s", name, window, name, window);
  std::printf(",w_in1_hid1,w_in2_hid1,w_in1_hid2,w_in2_hid2,w_hid1_out,w_hid2_out\n");

  const auto network = std::make_unique<Network>(uint32_t(get(SEED)));
  Network &n = *network;
  const double begun = cpu_seconds();
  for (const int settled = std::lround(3 * get(ALPHA) * 1000 / DT); n.step < settled;) n.advance();
  const auto test = [&](const char *part, int number) {
    for (int pattern = 0; pattern < 4; pattern++) example(n, part, number, pattern, false);
  };
  test("before", 0);
  const int every = 4 * int(get(TEST_EVERY));
  for (int k = 0; k < int(get(EXAMPLES)); k++) {
    example(n, "train", k + 1, k % 4, true);
    if (every && (k + 1) % every == 0 && k + 1 < int(get(EXAMPLES))) test("test", k + 1);
  }
  test("after", int(get(EXAMPLES)));
  std::fprintf(stderr, "cpu_seconds_per_simulated_second %.6g\n", (cpu_seconds() - begun) / n.step / DT * 1000);
}
