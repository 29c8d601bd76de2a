// What ThreadSanitizer is not to tell, in every program of the preset `tsan`. Libraries of the system are not instrumented:
// how their threads wait for one another is not seen, and what one of them has written looks like a race where we read it.
extern "C" const char* __tsan_default_suppressions() {
  return "race:libavcodec.so\n"
         "race:libavutil.so\n"
         "race:libonnxruntime.so\n"
         "race:swrast_dri.so\n";
}
