// A lab's guest that keeps memory, changes it, checks it all the time, and says so when asked.
//
//   keeper ADDRESS MIB CHANGED-MIB-A-SECOND
//
// Every page holds a pattern of (seed, page, generation); the generations are kept elsewhere. A page that holds anything
// else is an error, for ever. One loop does everything in slices of a few pages, so that an answer takes a slice at most.
//
// Requests are broadcasts to UDP port 7, so that two guests of one address both get them: "KEEP", the address meant,
// a nonce (client id and sequence number, 32 bits each), a command (0 report, 1 corrupt a page), the page. Of one nonce
// a keeper answers the first request alone. What it has answered is part of the memory that moves with it: a request
// that waited in the queue of a guest that was not running yet is known, and only a second life answers it again.
//
// Numbers are little-endian, as the machine's. The answer: "KEPT", 4 zero bytes, then 64 bits each: nonce, boot id,
// counter, uptime in ns, pages checked, full passes, errors, first bad page (all ones: none), pages, pages rewritten.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>

enum { WORDS = 512, TICK_NS = 5000000, SEEN = 1 << 16 };

struct request {
  char magic[4];
  uint32_t target;
  uint64_t nonce;
  uint32_t command, page;
};

struct answer {
  char magic[4];
  uint32_t zero;
  uint64_t nonce, boot, counter, uptime, checked, passes, errors, bad, pages, rewritten;
};

static uint64_t *memory;
static uint32_t *generation;
static uint64_t seen[SEEN];
static uint64_t seed, rng;
static struct answer state = {.magic = {'K', 'E', 'P', 'T'}, .bad = ~0ull};

static uint64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static uint64_t mix(uint64_t x) {
  x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9ull;
  x = (x ^ x >> 27) * 0x94D049BB133111EBull;
  return x ^ x >> 31;
}

static uint64_t random_page(void) { return mix(rng += 0x9E3779B97F4A7C15ull) % state.pages; }

static uint64_t first_word(uint64_t page) { return mix(seed ^ page << 32 ^ generation[page]); }

static void write_page(uint64_t page) {
  uint64_t value = first_word(page), *word = memory + page * WORDS;
  for (int i = 0; i < WORDS; i++, value += 0x9E3779B97F4A7C15ull) word[i] = value;
}

static void check_page(uint64_t page) {
  uint64_t value = first_word(page), wrong = 0;
  const volatile uint64_t *word = memory + page * WORDS;
  for (int i = 0; i < WORDS; i++, value += 0x9E3779B97F4A7C15ull) wrong |= word[i] ^ value;
  state.checked++;
  if (!wrong) return;
  if (state.errors++ == 0) {
    state.bad = page;
    printf("keeper: page %llu is not what was written\n", (unsigned long long)page);
    fflush(stdout);
  }
}

// A slice: what is due since the last one is rewritten, page after page; twice as much and a little more is checked.
static void work(uint64_t elapsed, uint64_t pages_per_second) {
  static uint64_t owed, writer, checker;
  owed += elapsed * pages_per_second / 1000;
  // After a pause nothing is made up for: the loop must stay quick.
  uint64_t writes = owed / 1000000;
  owed %= 1000000;
  if (writes > 64) writes = 64;
  for (uint64_t i = 0; i < writes; i++, writer = (writer + 1) % state.pages) {
    check_page(writer);
    generation[writer]++;
    write_page(writer);
    state.rewritten++;
  }
  for (uint64_t i = 0; i < writes + 8; i++) {
    check_page(checker);
    if (++checker == state.pages) checker = 0, state.passes++;
  }
  check_page(random_page());
}

// True for the first request of a nonce. A client counts up: what is behind the latest in its slot is an old one.
static int is_new(uint64_t nonce) {
  uint64_t *slot = &seen[(nonce ^ mix(nonce >> 32)) % SEEN];
  if (*slot >> 32 == nonce >> 32 && *slot >= nonce) return 0;
  *slot = nonce;
  return 1;
}

static void answer(int socket, uint32_t address) {
  struct request request;
  struct sockaddr_in from;
  socklen_t length = sizeof from;
  while (recvfrom(socket, &request, sizeof request, MSG_DONTWAIT, (struct sockaddr *)&from, &length) > 0) {
    if (memcmp(request.magic, "KEEP", 4) || request.target != address || !is_new(request.nonce)) continue;
    if (request.command == 1) memory[(uint64_t)(request.page % state.pages) * WORDS + 100] ^= 1;
    state.nonce = request.nonce;
    state.counter++;
    state.uptime = now();
    sendto(socket, &state, sizeof state, 0, (struct sockaddr *)&from, length);
    length = sizeof from;
  }
}

int main(int count, char **words) {
  if (count != 4) return 2;
  uint32_t address = inet_addr(words[1]);
  state.pages = strtoull(words[2], 0, 10) * 256;
  uint64_t pages_per_second = strtoull(words[3], 0, 10) * 256;
  // The time stamp counter is new at every boot, whatever the random numbers of a young kernel are worth.
  if (getrandom(&state.boot, sizeof state.boot, GRND_INSECURE) < 0) state.boot = 0;
  state.boot ^= mix(__builtin_ia32_rdtsc() ^ (uint64_t)time(0) << 32);
  seed = rng = mix(state.boot);

  memory = mmap(0, state.pages * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  generation = calloc(state.pages, sizeof *generation);
  int socket_ = socket(AF_INET, SOCK_DGRAM, 0);
  struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(7)};
  if (memory == MAP_FAILED || !generation || !state.pages || bind(socket_, (struct sockaddr *)&any, sizeof any)) {
    perror("keeper");
    return 1;
  }
  for (uint64_t page = 0; page < state.pages; page++) write_page(page);
  printf("keeper ready\n");
  fflush(stdout);

  for (uint64_t last = now();;) {
    struct pollfd wait = {.fd = socket_, .events = POLLIN};
    struct timespec tick = {.tv_nsec = TICK_NS};
    if (ppoll(&wait, 1, &tick, 0) > 0) answer(socket_, address);
    uint64_t present = now();
    if (present - last < TICK_NS) continue;
    work(present - last, pages_per_second);
    last = present;
  }
}
