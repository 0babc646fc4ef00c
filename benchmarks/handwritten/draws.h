// Random numbers and random graphs of the programs written by hand: counter-based words, pulses in cells, targets.
// Expects nothing of the file that includes it but REAL, the floating-point type of states.

#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#define RESTRICT __restrict__
#ifndef REAL
#define REAL float
#endif
using Real = REAL;

// Threefry2x32-13 (Salmon et al. 2011), in the place of the counter.
static inline __attribute__((always_inline)) void threefry(uint32_t seed, uint32_t stream, uint32_t &a, uint32_t &b) {
  constexpr int TURNS[8] = {13, 15, 26, 6, 17, 29, 16, 24};
  const uint32_t key[3] = {seed, stream, 0x1BD11BDAu ^ seed ^ stream};
  a += key[0];
  b += key[1];
#pragma GCC unroll 13
  for (int round = 0; round < 13; round++) {
    a += b;
    b = (b << TURNS[round % 8] | b >> (32 - TURNS[round % 8])) ^ a;
    if (round % 4 == 3) {
      const int block = round / 4 + 1;
      a += key[block % 3];
      b += key[(block + 1) % 3] + block;
    }
  }
}

// Numbers drawn one after the other: a buffer of them is made at a time, in vectors.
struct Stream {
  static constexpr int SIZE = 1024;
  uint32_t seed, stream;
  uint64_t block = 0;
  int used = SIZE;
  alignas(64) uint32_t words[SIZE];

  Stream(uint32_t seed, uint32_t stream) : seed(seed), stream(stream) {}
  void fill() {
    const uint32_t low = uint32_t(block) * (SIZE / 2), high = uint32_t(block >> 23);
#pragma GCC ivdep
    for (int i = 0; i < SIZE / 2; i++) {
      uint32_t a = low + i, b = high;
      threefry(seed, stream, a, b);
      words[i] = a;
      words[SIZE / 2 + i] = b;
    }
    block++;
    used = 0;
  }
  double uniform() {
    if (used == SIZE) fill();
    return (words[used++] + 0.5) * 0x1p-32;
  }
};

// Independent draws of one probability in each cell and step, as the gaps between hits: far fewer numbers than draws.
struct Pulses {
  Stream random;
  float scale;
  int place = -1;  // of the last hit, relative to the first cell of this step
  alignas(64) int32_t gaps[Stream::SIZE];

  Pulses(uint32_t seed, uint32_t stream, double probability)
      : random(seed, stream), scale(1 / std::log1p(-probability)) {
    refill();
    place += gaps[random.used++];
  }
  void refill() {
    random.fill();
    for (int i = 0; i < Stream::SIZE; i++)
      gaps[i] = 1 + int32_t(std::log((random.words[i] + 0.5f) * 0x1p-32f) * scale);
    random.used = 0;
  }
  // Local copies, which the compiler keeps in registers: it cannot know that writing to g leaves the members alone.
  void add(Real *RESTRICT g, int cells, Real weight) {
    int place = this->place, used = random.used;
    while (place < cells) {
      g[place] += weight;
      if (used == Stream::SIZE) {
        refill();
        used = 0;
      }
      place += gaps[used++];
    }
    this->place = place - cells;
    random.used = used;
  }
};

// Each pair of cells is connected with one probability: the targets of each source, in compressed rows.
struct Graph {
  std::vector<int32_t> start{0};
  std::vector<uint16_t> target;

  Graph(int sources, int targets, double probability, bool with_self, uint32_t seed, uint32_t stream) {
    Stream random(seed, stream);
    const double scale = 1 / std::log1p(-probability);
    const auto gap = [&] { return int64_t(std::log(random.uniform()) * scale); };
    int64_t pair = gap();
    for (int64_t source = 0; source < sources; source++) {
      for (; pair < (source + 1) * targets; pair += 1 + gap())
        if (with_self || pair - source * targets != source) target.push_back(pair - source * targets);
      start.push_back(target.size());
    }
  }

  void deliver(const std::vector<int> &sources, Real *RESTRICT g, Real weight) const {
    for (int source : sources)
      for (int s = start[source]; s < start[source + 1]; s++) g[target[s]] += weight;
  }
};
