// A lab's guest that keeps memory, changes it, checks it all the time, and says so when asked.
//
//   keeper ADDRESS MIB CHANGED-MIB-A-SECOND [PATTERN [BEAT-US PORT]]
//
// What is changed next: "sequential" page after page, "random" any page, "hot-cold" nine times of ten a page of the first
// tenth and else one of the rest. A rate of "max" changes as much as the CPU gives.
//
// With PORT, a device of virtio-serial, a thread that goes before all others writes a beat every BEAT-US: "BEAT", the period
// in us (32 bits), then 64 bits each: sequence number from 1, uptime in ns, boot id, pages checked, errors, pages
// rewritten, full passes. Beats that the port does not take are lost, and their numbers with them. Another thread sends
// back whatever comes to UDP port 8.
//
// Every page holds a pattern of (seed, page, generation); the generations are kept elsewhere. A page that holds anything
// else is an error, for ever. One loop does everything in slices of a few pages, so that an answer takes a slice at most.
//
// Requests are broadcasts to UDP port 7, so that two guests of one address both get them: "KEEP", the address meant,
// a nonce (client id and sequence number, 32 bits each), a command (0 report, 1 corrupt a page,
// 2 check every page before the answer), the page. Of one nonce
// a keeper answers the first request alone. What it has answered is part of the memory that moves with it: a request
// that waited in the queue of a guest that was not running yet is known, and only a second life answers it again.
//
// Numbers are little-endian, as the machine's. The answer: "KEPT", 4 zero bytes, then 64 bits each: nonce, boot id,
// counter, uptime in ns, pages checked, full passes, errors, first bad page (all ones: none), pages, pages rewritten.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { WORDS = 512, TICK_NS = 5000000, SEEN = 1 << 16, SLICE = 64 };
#define UNLIMITED UINT64_MAX
enum pattern { SEQUENTIAL, RANDOM, HOT_COLD };

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

struct beat {
  char magic[4];
  uint32_t period_us;
  uint64_t sequence, uptime, boot, checked, errors, rewritten, passes;
};

static uint64_t *memory;
static uint32_t *generation;
static uint64_t seen[SEEN];
static uint64_t seed, rng;
static enum pattern pattern;
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

static void check_everything(void) {
  for (uint64_t page = 0; page < state.pages; page++) check_page(page);
  state.passes++;
}

// The page to be changed next.
static uint64_t next_page(void) {
  static uint64_t next;
  if (pattern == RANDOM) return random_page();
  if (pattern == HOT_COLD) {
    uint64_t hot = state.pages / 10 + 1, draw = mix(rng += 0x9E3779B97F4A7C15ull), page = draw / 10;
    return draw % 10 && hot < state.pages ? page % hot : hot + page % (state.pages - hot);
  }
  return next = (next + 1) % state.pages;
}

// A slice: what is due since the last one is rewritten; twice as much and a little more is checked.
static void work(uint64_t elapsed, uint64_t pages_per_second) {
  static uint64_t owed, checker;
  // After a pause nothing is made up for: the loop must stay quick.
  if (elapsed > 2 * TICK_NS) elapsed = 2 * TICK_NS;
  owed += elapsed * pages_per_second / 1000;
  uint64_t writes = pages_per_second ? owed / 1000000 : 0;
  owed %= 1000000;
  if (pages_per_second == UNLIMITED) writes = SLICE;
  for (uint64_t i = 0; i < writes; i++) {
    uint64_t writer = next_page();
    check_page(writer);
    generation[writer]++;
    write_page(writer);
    state.rewritten++;
  }
  uint64_t checks = pages_per_second == UNLIMITED ? 1 : writes + 8;
  for (uint64_t i = 0; i < checks; i++) {
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
    if (request.command == 2) check_everything();
    if (request.command == 1) memory[(uint64_t)(request.page % state.pages) * WORDS + 100] ^= 1;
    state.nonce = request.nonce;
    state.counter++;
    state.uptime = now();
    sendto(socket, &state, sizeof state, 0, (struct sockaddr *)&from, length);
    length = sizeof from;
  }
}

// The words of the command line that the threads beside the loop were given.
struct heart {
  const char *port;
  uint32_t period_us;
};

static void *beat(void *words) {
  struct heart *heart = words;
  int port = open(heart->port, O_WRONLY | O_NONBLOCK);
  if (port < 0) {
    perror(heart->port);
    return 0;
  }
  struct beat beat = {.magic = {'B', 'E', 'A', 'T'}, .period_us = heart->period_us, .boot = state.boot};
  const uint64_t period = heart->period_us * 1000ull;
  for (uint64_t due = now();;) {
    // Missed beats are not made up for.
    due += period;
    if (due + period < now()) due = now();
    struct timespec time = {due / 1000000000, due % 1000000000};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, 0);
    beat.sequence++;
    beat.uptime = now();
    beat.checked = state.checked, beat.errors = state.errors;
    beat.rewritten = state.rewritten, beat.passes = state.passes;
    (void)!write(port, &beat, sizeof beat);
  }
}

static void *echo(void *unused) {
  int socket_ = socket(AF_INET, SOCK_DGRAM, 0);
  struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(8)}, from;
  if (bind(socket_, (struct sockaddr *)&any, sizeof any)) {
    perror("keeper: port 8");
    return unused;
  }
  char packet[1500];
  for (;;) {
    socklen_t length = sizeof from;
    ssize_t size = recvfrom(socket_, packet, sizeof packet, 0, (struct sockaddr *)&from, &length);
    if (size >= 0) sendto(socket_, packet, size, 0, (struct sockaddr *)&from, length);
  }
  return unused;
}

// Starts a thread that goes before everything else in this guest, and before those of a lower rank.
static void start_first(void *(*body)(void *), void *argument, int rank) {
  pthread_attr_t attributes;
  struct sched_param priority = {.sched_priority = rank};
  pthread_t thread;
  pthread_attr_init(&attributes);
  pthread_attr_setinheritsched(&attributes, PTHREAD_EXPLICIT_SCHED);
  pthread_attr_setschedpolicy(&attributes, SCHED_FIFO);
  pthread_attr_setschedparam(&attributes, &priority);
  if (pthread_create(&thread, &attributes, body, argument)) printf("keeper: no thread\n");
}

int main(int count, char **words) {
  if (count < 4 || count == 6 || count > 7) return 2;
  uint32_t address = inet_addr(words[1]);
  state.pages = strtoull(words[2], 0, 10) * 256;
  uint64_t pages_per_second = strcmp(words[3], "max") ? strtoull(words[3], 0, 10) * 256 : UNLIMITED;
  if (count > 4) {
    pattern = !strcmp(words[4], "random") ? RANDOM : !strcmp(words[4], "hot-cold") ? HOT_COLD : SEQUENTIAL;
  }
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
  if (count == 7) {
    static struct heart heart;
    heart = (struct heart){.port = words[6], .period_us = strtoul(words[5], 0, 10)};
    start_first(beat, &heart, 60);
    start_first(echo, 0, 50);
  }
  printf("keeper ready\n");
  fflush(stdout);

  for (uint64_t last = now();;) {
    struct pollfd wait = {.fd = socket_, .events = POLLIN};
    struct timespec tick = {.tv_nsec = pages_per_second == UNLIMITED ? 0 : TICK_NS};
    if (ppoll(&wait, 1, &tick, 0) > 0) answer(socket_, address);
    uint64_t present = now();
    if (pages_per_second != UNLIMITED && present - last < TICK_NS) continue;
    work(present - last, pages_per_second);
    last = present;
  }
}
