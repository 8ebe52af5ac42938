/*
 * Holds memory of an NVIDIA GPU until it is told to let go, and tells who else computes there. It needs the driver's own
 * two libraries and nothing of the CUDA toolkit. The memory belongs to this process alone: however it ends, it is free.
 *
 *   vram-hold look: `driver VERSION`, then for each GPU `device INDEX UUID TOTAL_BYTES FREE_BYTES NAME`, followed by
 *     `process UUID PID BYTES|unknown` for each compute process, or `unlisted UUID` where the driver does not tell.
 *   vram-hold hold UUID TTL_MS any|none|PID,PID… (who may compute there beside it): `ready TOTAL_BYTES FREE_BYTES` when
 *     the context stands, then for each line of input `held|full|reached HELD_BYTES FREE_BYTES TOTAL_BYTES MS`:
 *     read; free (all of it); fill bytes N (more); fill percent N (until N % are in use, by whomever; 100 is until the
 *     driver gives no more).
 *
 * It ends when its input ends, or when no line comes for TTL_MS. Why is on standard error and in the exit code.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

enum exit_code { ENDED = 0, BAD_USAGE = 2, NO_DRIVER = 10, NO_DEVICE = 11, REFUSED = 12, EXPIRED = 13, DRIVER_FAILED = 14 };
typedef unsigned long long bytes_t;

/* Driver memory comes in pages of 2 MiB: less is never had for itself. */
#define SMALLEST (2ULL << 20)
#define LARGEST (1ULL << 30)
#define MOST_BLOCKS 65536
#define MOST_PROCESSES 1024
#define TEXT_CHARS 256

#define fail(code, ...) (fputs("vram-hold: ", stderr), fprintf(stderr, __VA_ARGS__), fputc('\n', stderr), exit(code))

/*
 * NVML. Signatures, structs and codes from NVIDIA's nvml.h (github.com/NVIDIA/go-nvml, gen/nvml/nvml.h): nvmlMemory_t,
 * nvmlProcessInfo_v2_t, NVML_VALUE_NOT_AVAILABLE; its texts are shorter than ours.
 */
#define NVML_NOT_AVAILABLE (~0ULL)
struct nvml_memory { bytes_t total, free, used; };
struct nvml_process { unsigned pid; bytes_t used; unsigned gpu_instance, compute_instance; };
/* Processes by _v2: from driver 535.43 to 535.86 the elements of _v3 were longer (github.com/XuehaiPan/nvitop/pull/89). */
#define NVML_FUNCTIONS(F) \
    F(int, nvml_init, "nvmlInit_v2", (void)) \
    F(const char *, nvml_error, "nvmlErrorString", (int)) \
    F(int, nvml_driver, "nvmlSystemGetDriverVersion", (char *, unsigned)) \
    F(int, nvml_count, "nvmlDeviceGetCount_v2", (unsigned *)) \
    F(int, nvml_handle, "nvmlDeviceGetHandleByIndex_v2", (unsigned, void **)) \
    F(int, nvml_uuid, "nvmlDeviceGetUUID", (void *, char *, unsigned)) \
    F(int, nvml_name, "nvmlDeviceGetName", (void *, char *, unsigned)) \
    F(int, nvml_memory, "nvmlDeviceGetMemoryInfo", (void *, struct nvml_memory *)) \
    F(int, nvml_processes, "nvmlDeviceGetComputeRunningProcesses_v2", (void *, unsigned *, struct nvml_process *))
/*
 * The CUDA driver. Signatures and codes from cuda.h, as the CUDA Driver API reference (docs.nvidia.com/cuda/cuda-driver-api)
 * has them; the names with _v2 are what cuda.h makes of those without. CUdeviceptr is 64 bits, CUuuid 16 bytes, CUdevice an
 * int. A slice of a GPU (MIG) has a uuid of its own. The primary context, as its calls have had one form in all versions.
 */
#define CUDA_OUT_OF_MEMORY 2
#define CUDA_FUNCTIONS(F) \
    F(int, cu_init, "cuInit", (unsigned)) \
    F(int, cu_error, "cuGetErrorName", (int, const char **)) \
    F(int, cu_count, "cuDeviceGetCount", (int *)) \
    F(int, cu_device, "cuDeviceGet", (int *, int)) \
    F(int, cu_uuid, "cuDeviceGetUuid_v2", (unsigned char *, int)) \
    F(int, cu_context, "cuDevicePrimaryCtxRetain", (void **, int)) \
    F(int, cu_current, "cuCtxSetCurrent", (void *)) \
    F(int, cu_info, "cuMemGetInfo_v2", (size_t *, size_t *)) \
    F(int, cu_alloc, "cuMemAlloc_v2", (bytes_t *, size_t)) \
    F(int, cu_free, "cuMemFree_v2", (bytes_t))

#define DECLARE(type, function, symbol, parameters) static type (*function) parameters;
NVML_FUNCTIONS(DECLARE)
CUDA_FUNCTIONS(DECLARE)

/* dlsym gives a data pointer; copying it is how a function pointer is had without a cast that C does not define. */
static void load(const char *library, const char *symbol, void *slot) {
    void *handle = dlopen(library, RTLD_NOW), *found = handle == NULL ? NULL : dlsym(handle, symbol);
    if (handle == NULL) fail(NO_DRIVER, "no NVIDIA driver: %s", dlerror());
    if (found == NULL) fail(NO_DRIVER, "the NVIDIA driver is too old: it has no %s", symbol);
    memcpy(slot, &found, sizeof found);
}
#define LOAD_NVML(type, function, symbol, parameters) load("libnvidia-ml.so.1", symbol, &function);
#define LOAD_CUDA(type, function, symbol, parameters) load("libcuda.so.1", symbol, &function);

static void nvml(int result, const char *what) {
    if (result != 0) fail(DRIVER_FAILED, "NVML cannot %s: %s", what, nvml_error(result));
}

static void cuda(int result, enum exit_code code, const char *what) {
    const char *name = NULL;
    if (result == 0) return;
    cu_error(result, &name);
    fail(code, "the CUDA driver cannot %s: %s (%d)", what, name == NULL ? "unknown error" : name, result);
}

static void open_nvml(void) {
    NVML_FUNCTIONS(LOAD_NVML)
    int result = nvml_init();
    if (result != 0) fail(NO_DRIVER, "no NVIDIA driver: %s", nvml_error(result));
}

static void *device_at(unsigned index, char uuid[TEXT_CHARS]) {
    void *device;
    nvml(nvml_handle(index, &device), "open a GPU");
    nvml(nvml_uuid(device, uuid, TEXT_CHARS), "tell a GPU's uuid");
    return device;
}

static struct nvml_process processes[MOST_PROCESSES];

/* How many there are, or -1 where the driver does not tell, or they are more than can be taken. */
static int list_processes(void *device) {
    unsigned count = MOST_PROCESSES;
    return nvml_processes(device, &count, processes) == 0 ? (int)count : -1;
}

static int look(void) {
    char text[TEXT_CHARS], uuid[TEXT_CHARS];
    unsigned count = 0;
    open_nvml();
    nvml(nvml_driver(text, sizeof text), "tell the driver's version");
    printf("driver %s\n", text);
    nvml(nvml_count(&count), "count the GPUs");
    if (count == 0) fail(NO_DEVICE, "the NVIDIA driver has no GPU for this process");
    for (unsigned index = 0; index < count; index++) {
        struct nvml_memory memory;
        void *device = device_at(index, uuid);
        nvml(nvml_name(device, text, sizeof text), "tell a GPU's name");
        nvml(nvml_memory(device, &memory), "tell a GPU's memory");
        printf("device %u %s %llu %llu %s\n", index, uuid, memory.total, memory.free, text);
        int running = list_processes(device);
        if (running < 0) printf("unlisted %s\n", uuid);
        for (int i = 0; i < running; i++) {
            printf("process %s %u ", uuid, processes[i].pid);
            printf(processes[i].used == NVML_NOT_AVAILABLE ? "unknown\n" : "%llu\n", processes[i].used);
        }
    }
    return ENDED;
}

/* `list` is `none`, or pids with commas. */
static int is_listed(unsigned pid, const char *list) {
    while (strtoul(list, NULL, 10) != pid)
        if (*(list += strcspn(list, ",")) == '\0' || *++list == '\0') return 0;
    return 1;
}

static void refuse_others(const char *wanted, const char *allowed) {
    char uuid[TEXT_CHARS] = "";
    unsigned count = 0;
    void *device = NULL;
    nvml(nvml_count(&count), "count the GPUs");
    for (unsigned index = 0; index < count && strcmp(uuid, wanted) != 0; index++)
        device = device_at(index, uuid);
    if (strcmp(uuid, wanted) != 0) fail(NO_DEVICE, "there is no GPU %s", wanted);
    if (strcmp(allowed, "any") == 0) return;
    int running = list_processes(device);
    if (running < 0) fail(REFUSED, "the driver does not list who computes on %s", wanted);
    for (int i = 0; i < running; i++)
        if (!is_listed(processes[i].pid, allowed)) fail(REFUSED, "process %u computes on %s", processes[i].pid, wanted);
}

/* The two libraries number devices differently, so they are told apart by uuid alone. */
static void use_device(const char *wanted) {
    void *context;
    int count = 0, device;
    CUDA_FUNCTIONS(LOAD_CUDA)
    cuda(cu_init(0), NO_DRIVER, "start");
    cuda(cu_count(&count), NO_DEVICE, "count the GPUs");
    for (int ordinal = 0; ordinal < count; ordinal++) {
        unsigned char raw[16];
        char uuid[TEXT_CHARS] = "GPU-";
        cuda(cu_device(&device, ordinal), DRIVER_FAILED, "open a GPU");
        cuda(cu_uuid(raw, device), DRIVER_FAILED, "tell a GPU's uuid");
        for (int i = 0; i < 16; i++)
            sprintf(uuid + strlen(uuid), "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", raw[i]);
        if (strcmp(uuid, wanted) != 0) continue;
        cuda(cu_context(&context, device), REFUSED, "open a context");
        cuda(cu_current(context), DRIVER_FAILED, "use its context");
        return;
    }
    fail(NO_DEVICE, "the CUDA driver gives this process no GPU %s (one that is cut into slices is not supported)", wanted);
}

static int block_count;
static bytes_t blocks[MOST_BLOCKS], held_bytes, free_bytes, total_bytes;
static long long ttl_ms, deadline_ms;

static long long now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static void read_memory(void) {
    size_t available, total;
    cuda(cu_info(&available, &total), DRIVER_FAILED, "tell how much memory is free");
    free_bytes = available;
    total_bytes = total;
}

/* Waits for input until the deadline, or only looks whether whoever gives it is still there. */
static void await_input(int only_look) {
    struct pollfd input = {.fd = STDIN_FILENO, .events = only_look ? 0 : POLLIN};
    long long left = deadline_ms - now_ms();
    int ready = left <= 0 ? 0 : poll(&input, 1, only_look ? 0 : (int)left);
    if (only_look && ready > 0) exit(ENDED);
    if (ready == 0 && (!only_look || left <= 0))
        fail(EXPIRED, "nobody said a word for %lld ms, so %llu bytes are given back", ttl_ms, held_bytes);
}

/* Until `percent` of all is in use, or `bytes` more where that is 0. Chunks shrink as the driver refuses them. */
static const char *fill(bytes_t percent, bytes_t bytes) {
    bytes_t chunk = LARGEST, end = held_bytes + bytes;
    for (;;) {
        await_input(1);
        read_memory();
        bytes_t wanted = percent > 0 ? total_bytes / 100 * percent + total_bytes % 100 * percent / 100 : end;
        bytes_t taken = percent > 0 ? total_bytes - free_bytes : held_bytes;
        bytes_t missing = wanted > taken ? wanted - taken : 0;
        bytes_t size = (missing < chunk ? missing : chunk) / SMALLEST * SMALLEST;
        if (size == 0) return free_bytes < SMALLEST ? "full" : "reached";
        if (block_count == MOST_BLOCKS) fail(DRIVER_FAILED, "%d blocks are held, and no more can be", MOST_BLOCKS);
        int result = cu_alloc(&blocks[block_count], size);
        if (result == CUDA_OUT_OF_MEMORY && size == SMALLEST) return "full";
        if (result == CUDA_OUT_OF_MEMORY) {
            chunk = size / 2;
        } else {
            cuda(result, DRIVER_FAILED, "allocate");
            block_count++;
            held_bytes += size;
        }
    }
}

static void release(void) {
    while (block_count > 0) cuda(cu_free(blocks[--block_count]), DRIVER_FAILED, "free");
    held_bytes = 0;
}

/* Every line is a sign of life. The alarm is for a driver that never comes back: its default action ends the process. */
static void renew(void) {
    deadline_ms = now_ms() + ttl_ms;
    alarm((unsigned)(ttl_ms / 1000 + 5));
}

static void answer(const char *line) {
    bytes_t percent = 0, bytes = 0;
    char rest;
    long long started_ms = now_ms();
    int is_percent = sscanf(line, "fill percent %llu%c", &percent, &rest) == 1 && percent >= 1 && percent <= 100;
    int is_bytes = sscanf(line, "fill bytes %llu%c", &bytes, &rest) == 1 && bytes >= 1 && bytes < 1ULL << 50;
    renew();
    const char *how = is_percent || is_bytes ? fill(percent, bytes) : "held";
    if (strcmp(line, "free") == 0) release();
    else if (!is_percent && !is_bytes && strcmp(line, "read") != 0)
        fail(BAD_USAGE, "'%s' is none of fill percent N, fill bytes N, read, free", line);
    read_memory();
    printf("%s %llu %llu %llu %lld\n", how, held_bytes, free_bytes, total_bytes, now_ms() - started_ms);
}

/* Returns when the input has ended. */
static void serve(void) {
    char buffer[TEXT_CHARS], *end;
    for (size_t length = 0; length < sizeof buffer;) {
        await_input(0);
        ssize_t got = read(STDIN_FILENO, buffer + length, sizeof buffer - length);
        if (got <= 0) return;
        for (length += (size_t)got; (end = memchr(buffer, '\n', length)) != NULL;) {
            size_t used = (size_t)(end - buffer) + 1;
            *end = '\0';
            answer(buffer), renew();
            memmove(buffer, buffer + used, length -= used);
        }
    }
    fail(BAD_USAGE, "a line has more than %d characters", TEXT_CHARS - 1);
}

int main(int argc, char **argv) {
    setvbuf(stdout, NULL, _IOLBF, 0);
    int is_look = argc == 2 && strcmp(argv[1], "look") == 0, is_hold = argc == 5 && strcmp(argv[1], "hold") == 0;
    ttl_ms = is_hold ? atoll(argv[3]) : 0;
    if (!is_look && (ttl_ms < 100 || ttl_ms > 600000))
        fail(BAD_USAGE, "usage: vram-hold look | vram-hold hold UUID TTL_MS(100..600000) any|none|PID,PID...");
    if (is_look) return look();
    /* The memory must not outlive whoever asked for it, even where another process keeps the input open. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    renew();
    open_nvml();
    refuse_others(argv[2], argv[4]);
    use_device(argv[2]);
    read_memory();
    renew();
    printf("ready %llu %llu\n", total_bytes, free_bytes);
    serve();
    return ENDED;
}
