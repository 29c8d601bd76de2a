// What ThreadSanitizer is not to tell, in every program of the preset `tsan`. Libraries of the system are not instrumented:
// how their threads wait for one another is not seen, and what one of them has written looks like a race where we read it.
extern "C" const char* __tsan_default_suppressions() {
  return "race:grpc::internal::\n"  // inlined from its headers
         "race:grpc::experimental::\n"
         "race:grpc::CompletionQueue\n"
         "race:libgrpc.so\n"
         "race:libgrpc++.so\n"
         "race:libgpr.so\n"
         "race:libabsl\n"
         "race:libavcodec.so\n"
         "race:libavutil.so\n"
         "race:libonnxruntime.so\n"
         "race:swrast_dri.so\n";
}
