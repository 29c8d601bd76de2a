// What ThreadSanitizer is not to tell, in every program of the preset `tsan`. Debian's ONNX Runtime is not instrumented,
// so how its threads wait for one another is not seen; of a race in it, we could change nothing anyway.
extern "C" const char* __tsan_default_suppressions() { return "race:libonnxruntime.so\n"; }
