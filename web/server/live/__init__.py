"""Running lessons by HLS: going back in them, and watching them without a seat."""
