// How much freed memory AddressSanitizer holds back, in MiB, in every program of the preset `asan`: with its own default,
// 256, a test that measures memory would measure that.
extern "C" const char* __asan_default_options() { return "quarantine_size_mb=16"; }
