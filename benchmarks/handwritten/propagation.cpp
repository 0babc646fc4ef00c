// Propagation of two signals by events and bursts (Payeur et al. 2021, Fig. 3), written by hand as a yardstick for
// generated code: two populations of 4000 pyramidal cells, 1000 PV and 1000 SOM interneurons, 4 million synapses.
//
// Compile: g++ -O3 -march=native -ffast-math propagation.cpp -o propagation     (-DREAL=double: what precision costs)
// Run:     ./propagation SECONDS SEED
// Prints event, burst and spike rates in bins of 50 ms, and on stderr their means from 1 s on and the CPU time of the
// loop per simulated second.
//
// The order of updates is that of the published program, as in xor.cpp.
// Units: mV, ms, pA, pF; potentials are relative to rest (-70 mV), conductances to the leak.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <random>
#include <vector>

#include "draws.h"

constexpr double DT = 0.1;
constexpr double E_EXC = 70, E_INH = -10, THETA = 20, THETA_JUMP = 2;
constexpr double TAU_S = 16, C_S = 370, G_S = 1300, TAU_D = 7, C_D = 170, G_D = 1200, TAU_THETA = 27;
constexpr double TAU_WS = 100, B_WS = -200, TAU_WD = 30, A_WD = -13, E_D = 32, D_D = 6, BAP = 2600;
constexpr int BAP_STEPS = 20, DELAY = 8;
constexpr double TAU_E = 5, TAU_I = 10, TAU_BURST = 16, CONNECTED = 0.05;
constexpr int PYRAMIDAL = 4000, INTERNEURONS = 1000, BLOCK = 64;

// Arrays are a few cache lines longer than their cells, so that they do not begin at the same place of a page.
constexpr int padded(int n) { return (n + BLOCK - 1) / BLOCK * BLOCK; }
constexpr int longer(int n) { return padded(n) + 80; }

template <class Initial>
static void start_potentials(Initial *v, int n) {
  std::mt19937 fixed(42);  // the same for all populations and seeds, as published
  std::normal_distribution<double> normal(0, 5);
  for (int i = 0; i < n; i++) v[i] = normal(fixed);
}

// Tsodyks-Markram synapses of one kind, on the side of the source, moved on only at its spikes.
struct Depression {
  double release, tau_d, tau_f;
  double x[PYRAMIDAL], u[PYRAMIDAL];
  int last[PYRAMIDAL] = {};

  Depression(double release, double tau_d, double tau_f) : release(release), tau_d(tau_d), tau_f(tau_f) {
    std::fill(x, x + PYRAMIDAL, 1);
    std::fill(u, u + PYRAMIDAL, 0.01);  // of both kinds, as published
  }
  Real transmit(int i, int step) {
    const int steps = step - last[i];
    x[i] = 1 - (1 - x[i]) * std::exp(steps * std::log1p(-DT / tau_d));
    u[i] = release + (u[i] - release) * std::exp(steps * std::log1p(-DT / tau_f));
    last[i] = step;
    const double sent = u[i] * x[i];
    x[i] -= sent;
    u[i] += release * (1 - u[i]);
    return sent;
  }
};

struct Pyramidal {
  static constexpr int N = PYRAMIDAL, LENGTH = longer(N);
  alignas(64) Real v[LENGTH] = {}, theta[LENGTH] = {}, w_s[LENGTH] = {}, u[LENGTH] = {}, w_d[LENGTH];
  alignas(64) Real ge_s[LENGTH] = {}, gi_s[LENGTH] = {}, ge_d[LENGTH] = {}, gi_d[LENGTH] = {};
  alignas(64) int32_t bap_end[LENGTH] = {};
  double count[N] = {};  // of the burst detector at the last spike
  int last_spike[N];
  bool in_burst[N] = {};
  std::vector<int> fired;
  long events = 0, bursts = 0;
  Pulses soma_e, soma_i, dend_e, dend_i;

  Pyramidal(uint32_t seed, uint32_t stream)
      : soma_e(seed, stream, 0.05), soma_i(seed, stream + 1, 0.05), dend_e(seed, stream + 2, 0.05),
        dend_i(seed, stream + 3, 0.05) {
    start_potentials(v, N);
    std::fill(w_d, w_d + LENGTH, 0.1);
    std::fill(last_spike, last_spike + N, -1000000);
  }

  void advance(int step, double i_soma, double i_dend) {
    constexpr Real A_S = DT / TAU_S, A_D = DT / TAU_D, K_WS = DT / C_S * B_WS, K_WD = DT / C_D * A_WD;
    constexpr Real K_S = DT / C_S * G_S, K_D = DT / C_D * G_D, K_BAP = DT / C_D * BAP;
    constexpr Real TO_WD = DT / TAU_WD, KEEP_THETA = 1 - DT / TAU_THETA;
    const Real keep_ws = std::exp(-DT / TAU_WS), keep_e = std::exp(-DT / TAU_E), keep_i = std::exp(-DT / TAU_I);
    const Real inject_s = DT / C_S * i_soma, inject_d = DT / C_D * i_dend;
    fired.clear();
    for (int first = 0; first < N; first += BLOCK) {
      Real *RESTRICT v = this->v + first, *RESTRICT theta = this->theta + first, *RESTRICT w_s = this->w_s + first;
      Real *RESTRICT u = this->u + first, *RESTRICT w_d = this->w_d + first, *RESTRICT ge_s = this->ge_s + first;
      Real *RESTRICT gi_s = this->gi_s + first, *RESTRICT ge_d = this->ge_d + first;
      Real *RESTRICT gi_d = this->gi_d + first;
      const int32_t *RESTRICT bap_end = this->bap_end + first;
      Real most = -1e3;
#pragma GCC ivdep
      for (int i = 0; i < BLOCK; i++) {
        const Real v0 = v[i] + inject_s, u0 = u[i] + inject_d;
        const Real drive_e = Real(E_EXC) - v0, drive_i = Real(E_INH) - v0;  // of the soma for the dendrite too
        const Real j_s = ge_s[i] * drive_e + gi_s[i] * drive_i, j_d = ge_d[i] * drive_e + gi_d[i] * drive_i;
        const Real gate = 1 / (1 + std::exp((Real(E_D) - u0) * Real(1 / D_D)));
        const Real pulse = step <= bap_end[i] ? K_BAP : Real(0);
        v[i] = v0 + A_S * (j_s - v0) + K_WS * w_s[i] + K_S * gate;
        u[i] = u0 + A_D * (j_d - u0) + K_WD * w_d[i] + K_D * gate + pulse;
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
        for (int i = 0; i < std::min(BLOCK, N - first); i++)
          if (v[i] - theta[i] > Real(THETA)) spike(first + i, step);
    }
    for (int i = N; i < padded(N); i++) v[i] = 0;  // cells that are only there to fill a vector
    soma_e.add(ge_s, N, 0.35);
    soma_i.add(gi_s, N, 0.35);
    dend_e.add(ge_d, N, 0.05);
    dend_i.add(gi_d, N, 0.05);
  }

  void spike(int i, int step) {
    v[i] = 0;
    theta[i] += Real(THETA_JUMP);
    w_s[i] += 1;
    bap_end[i] = step + BAP_STEPS;
    fired.push_back(i);
    count[i] *= std::exp((last_spike[i] - step) * DT / TAU_BURST);
    if (count[i] < std::exp(-1.0)) {
      events++;
      in_burst[i] = false;
    } else if (!in_burst[i]) {
      bursts++;
      in_burst[i] = true;
    }
    count[i] += 1;
    last_spike[i] = step;
  }
};

struct Adex {
  double g_l, tau_m, delta, v_t, a, b, tau_w;  // nS, ms, mV, mV above rest, nS, pA, ms
  int refractory;                              // steps
};
constexpr Adex PV{10, 10, 2, 22, 0, 0, 5, 10}, SOM{5, 20, 4, 8.1642, 0.5, 10, 500, 20};

struct Interneurons {
  static constexpr int N = INTERNEURONS, LENGTH = longer(N);
  alignas(64) Real v[LENGTH] = {}, w[LENGTH] = {}, g_e[LENGTH] = {}, g_i[LENGTH] = {};
  alignas(64) int32_t refractory_end[LENGTH];
  std::vector<int> fired;
  long spikes = 0;
  Adex cell;
  double weight_e, weight_i;
  Pulses noise_e, noise_i;

  Interneurons(Adex cell, double weight_e, double weight_i, uint32_t seed, uint32_t stream)
      : cell(cell), weight_e(weight_e), weight_i(weight_i), noise_e(seed, stream, 0.05),
        noise_i(seed, stream + 1, 0.05) {
    start_potentials(v, N);
    std::fill(refractory_end, refractory_end + LENGTH, -1);
  }

  void advance(int step, double current) {
    const Real keep_e = std::exp(-DT / TAU_E), keep_i = std::exp(-DT / TAU_I);
    const Real a_m = DT / cell.tau_m, inject = DT * current / (cell.g_l * cell.tau_m), per_delta = 1 / cell.delta;
    const Real delta = cell.delta, v_t = cell.v_t, a_w = DT / cell.tau_w, coupling = cell.a / cell.g_l;
    fired.clear();
    for (int first = 0; first < N; first += BLOCK) {
      Real *RESTRICT v = this->v + first, *RESTRICT w = this->w + first;
      Real *RESTRICT g_e = this->g_e + first, *RESTRICT g_i = this->g_i + first;
      const int32_t *RESTRICT refractory_end = this->refractory_end + first;
      Real most = -1e3;
#pragma GCC ivdep
      for (int i = 0; i < BLOCK; i++) {
        const Real v0 = v[i] + inject;
        const Real rise = delta * std::exp(std::min((v0 - v_t) * per_delta, Real(80)));
        const Real j = g_e[i] * (Real(E_EXC) - v0) + g_i[i] * (Real(E_INH) - v0);
        const Real next = v0 + a_m * (rise - v0 + j - w[i]);
        v[i] = step <= refractory_end[i] ? Real(0) : std::min(std::max(next, Real(-10)), Real(90));
        w[i] += a_w * (coupling * v[i] - w[i]);
        most = std::max(most, v[i]);
        g_e[i] *= keep_e;
        g_i[i] *= keep_i;
      }
      if (most > Real(70))
        for (int i = 0; i < std::min(BLOCK, N - first); i++)
          if (v[i] > Real(70)) {
            v[i] = 0;
            w[i] += Real(cell.b / cell.g_l);
            this->refractory_end[first + i] = step + cell.refractory;
            fired.push_back(first + i);
            spikes++;
          }
    }
    for (int i = N; i < padded(N); i++) v[i] = 0;
    noise_e.add(g_e, N, weight_e);
    noise_i.add(g_i, N, weight_i);
  }
};

struct Volley {  // what leaves a population in one step and arrives after the delay
  std::vector<int> cells;
  std::vector<Real> facilitating, depressing;
};

static void deliver(const Graph &graph, const std::vector<int> &cells, const std::vector<Real> &sent, Real weight,
                    Real *RESTRICT g) {
  const uint16_t *RESTRICT target = graph.target.data();
  for (size_t k = 0; k < cells.size(); k++) {
    const Real amount = weight * sent[k];
    for (int s = graph.start[cells[k]]; s < graph.start[cells[k] + 1]; s++) g[target[s]] += amount;
  }
}

struct Network {
  Pyramidal pyr1, pyr2;
  Interneurons pv, som;
  Depression std1{0.9, 20, 1000}, stf1{0.02, 100, 100}, stf2{0.02, 100, 100};
  Graph pyr1_pyr2, pyr1_pv, pv_pyr2, pyr2_pyr1, pyr2_som, som_pyr1, pyr1_pyr1, pyr2_pyr2;
  Volley from1[DELAY], from2[DELAY];
  std::vector<int> from_pv[DELAY], from_som[DELAY];
  int step = 0;

  static Graph graph(int from, int to, uint32_t seed, uint32_t stream, bool with_self = true) {
    return Graph(from, to, CONNECTED, with_self, seed, stream);
  }
  explicit Network(uint32_t seed)
      : pyr1(seed, 0), pyr2(seed, 4), pv(PV, 0.75, 1.125, seed, 8), som(SOM, 0.4, 0.5, seed, 10),
        pyr1_pyr2(graph(PYRAMIDAL, PYRAMIDAL, seed, 12)), pyr1_pv(graph(PYRAMIDAL, INTERNEURONS, seed, 13)),
        pv_pyr2(graph(INTERNEURONS, PYRAMIDAL, seed, 14)), pyr2_pyr1(graph(PYRAMIDAL, PYRAMIDAL, seed, 15)),
        pyr2_som(graph(PYRAMIDAL, INTERNEURONS, seed, 16)), som_pyr1(graph(INTERNEURONS, PYRAMIDAL, seed, 17)),
        pyr1_pyr1(graph(PYRAMIDAL, PYRAMIDAL, seed, 18, false)),
        pyr2_pyr2(graph(PYRAMIDAL, PYRAMIDAL, seed, 19, false)) {}

  void advance() {
    const double t = step * DT / 1000, on = t >= 1 ? 2 * M_PI * t : 0;
    pyr1.advance(step, 200 * std::sin(on / 0.5), 50);
    pyr2.advance(step, -100, 100 + 100 * std::sin(on / (0.5 * std::sqrt(5))));
    pv.advance(step, 205);
    som.advance(step, 0);

    const int slot = step % DELAY;
    Volley &arriving1 = from1[slot], &arriving2 = from2[slot];
    deliver(pyr1_pyr2, arriving1.cells, arriving1.depressing, 0.05, pyr2.ge_s);
    deliver(pyr1_pv, arriving1.cells, arriving1.depressing, 0.05, pv.g_e);
    deliver(pyr1_pyr1, arriving1.cells, arriving1.facilitating, 0.1, pyr1.gi_d);
    deliver(pyr2_pyr1, arriving2.cells, arriving2.facilitating, 0.37, pyr1.ge_d);
    deliver(pyr2_som, arriving2.cells, arriving2.facilitating, 0.3, som.g_e);
    deliver(pyr2_pyr2, arriving2.cells, arriving2.facilitating, 0.1, pyr2.gi_d);
    pv_pyr2.deliver(from_pv[slot], pyr2.gi_s, 0.07);
    som_pyr1.deliver(from_som[slot], pyr1.gi_d, 0.035);

    arriving1 = arriving2 = {};
    arriving1.cells = pyr1.fired;
    arriving2.cells = pyr2.fired;
    for (int i : pyr1.fired) {
      arriving1.depressing.push_back(std1.transmit(i, step));
      arriving1.facilitating.push_back(stf1.transmit(i, step));
    }
    for (int i : pyr2.fired) arriving2.facilitating.push_back(stf2.transmit(i, step));
    from_pv[slot] = pv.fired;
    from_som[slot] = som.fired;
    step++;
  }
};

static double cpu_seconds() {
  timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return t.tv_sec + 1e-9 * t.tv_nsec;
}

int main(int argc, char **argv) {
  const int bins = argc == 3 ? std::lround(std::atof(argv[1]) * 20) : 0;
  if (bins < 1) {
    std::fprintf(stderr, "usage: %s SECONDS SEED\n", argv[0]);
    return 2;
  }
  const auto network = std::make_unique<Network>(uint32_t(std::strtoul(argv[2], nullptr, 10)));
  Network &n = *network;
  const auto counts = [&] {
    return std::vector<double>{double(n.pyr1.events), double(n.pyr1.bursts), double(n.pyr2.events),
                               double(n.pyr2.bursts), double(n.pv.spikes),   double(n.som.spikes)};
  };
  constexpr int CELLS[] = {PYRAMIDAL, PYRAMIDAL, PYRAMIDAL, PYRAMIDAL, INTERNEURONS, INTERNEURONS};
  std::printf("t_s,er1_hz,br1_hz,er2_hz,br2_hz,pv_hz,som_hz\n");
  std::vector<double> before = counts(), settled;
  const double begun = cpu_seconds();
  for (int bin = 0; bin < bins; bin++) {
    if (bin == 20) settled = before;
    for (int k = 0; k < 500; k++) n.advance();
    const std::vector<double> now = counts();
    std::printf("%.3f", (bin + 0.5) / 20);
    for (int k = 0; k < 6; k++) std::printf(",%.3f", (now[k] - before[k]) / CELLS[k] * 20);
    std::printf("\n");
    before = now;
  }
  if (bins > 20) {
    std::fprintf(stderr, "means");
    for (int k = 0; k < 6; k++) std::fprintf(stderr, " %.3f", (before[k] - settled[k]) / CELLS[k] / (bins - 20) * 20);
    std::fprintf(stderr, "\n");
  }
  std::fprintf(stderr, "cpu_seconds_per_simulated_second %.6g\n", (cpu_seconds() - begun) / bins * 20);
}
