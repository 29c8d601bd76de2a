"""An RTSP camera by GStreamer's server: gstreamer_camera.py FILE.mp4 PORT (0: any free one).

Serves rtsp://127.0.0.1:PORT/main, each client from the file's beginning at its own pace, and prints the port.
"""
import sys

import gi

gi.require_version('Gst', '1.0')
gi.require_version('GstRtspServer', '1.0')
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402

Gst.init(None)
server = GstRtspServer.RTSPServer()
server.set_address('127.0.0.1')
server.set_service(sys.argv[2])
factory = GstRtspServer.RTSPMediaFactory()
factory.set_launch(f'( filesrc location="{sys.argv[1]}" ! qtdemux ! rtph264pay name=pay0 pt=96 config-interval=-1 )')
server.get_mount_points().add_factory('/main', factory)
if server.attach(None) == 0:
    sys.exit(f'port {sys.argv[2]} cannot be had')
print(server.get_bound_port(), flush=True)
GLib.MainLoop().run()
