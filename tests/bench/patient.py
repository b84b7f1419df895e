"""The demo's publisher, but for how long it keeps what it may be asked for again: aiortc's 128 packets are less than a
keyframe of Ultra HD, a browser keeps a second and more."""

from aiortc import rtcrtpsender

from web.server.demo import publisher

if __name__ == "__main__":
    rtcrtpsender.RTP_HISTORY_SIZE = 4096  # type: ignore[attr-defined]
    publisher.main()
