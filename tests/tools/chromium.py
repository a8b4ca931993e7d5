"""Chromium without a screen, driven by the Chrome DevTools Protocol over a pipe.

SPDX-License-Identifier: MIT
"""
import base64
import json
import os
import select
import subprocess
import tempfile
import time


class Page:
    """A page of a browser of its own, `width` by `height` CSS pixels."""

    def __init__(self, width, height):
        to_read, self.to = os.pipe()
        self.from_, from_write = os.pipe()
        self.profile = tempfile.TemporaryDirectory()
        command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
                   "--remote-debugging-pipe", f"--user-data-dir={self.profile.name}", "about:blank"]
        # The browser reads at descriptor 3 and writes at 4.
        self.process = subprocess.Popen(["sh", "-c", f'exec "$@" 3<&{to_read} 4>&{from_write}', "sh", *command],
                                        pass_fds=(to_read, from_write), stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        os.close(to_read)
        os.close(from_write)
        self.buffer, self.last, self.session, self.events = b"", 0, None, []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        self.call("Performance.enable", timeDomain="threadTicks")
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def message(self, timeout=60):
        end = time.monotonic() + timeout
        while b"\0" not in self.buffer:
            if not select.select([self.from_], [], [], max(0, end - time.monotonic()))[0]:
                raise AssertionError("the browser does not answer")
            part = os.read(self.from_, 1 << 20)
            if not part:
                raise AssertionError("the browser has ended")
            self.buffer += part
        line, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(line)

    def call(self, method, **parameters):
        self.last += 1
        call = {"id": self.last, "method": method, "params": parameters}
        if self.session:
            call["sessionId"] = self.session
        os.write(self.to, json.dumps(call).encode() + b"\0")
        while True:
            message = self.message()
            if message.get("id") == self.last:
                if "error" in message:
                    raise AssertionError(f"{method}: {message['error']}")
                return message["result"]
            self.events.append(message)

    def evaluate(self, expression):
        """The value of an expression; of a promise, what it comes to."""
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            raise AssertionError(f"{expression}: {result['exceptionDetails']}")
        return result["result"].get("value")

    def open(self, path):
        """Load the file and wait until it is drawn. Returns seconds."""
        start = time.monotonic()
        self.events.clear()
        self.call("Page.navigate", url="file://" + os.path.abspath(path))
        while not self.evaluate("typeof view === 'object'"):
            if time.monotonic() - start > 60:
                raise AssertionError(f"{path} does not load: {self.errors()}")
            time.sleep(0.005)
        self.frame()
        return time.monotonic() - start

    def worked(self):
        """Seconds of a processor that the page's thread has used since it was loaded."""
        metrics = self.call("Performance.getMetrics")["metrics"]
        return next(metric["value"] for metric in metrics if metric["name"] == "TaskDuration")

    def frame(self):
        """Wait until all that was asked for is drawn."""
        self.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def mouse(self, kind, x, y, buttons=0, clicks=1):
        button = "left" if buttons or kind != "mouseMoved" else "none"
        self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button=button, buttons=buttons,
                  clickCount=clicks if kind != "mouseMoved" else 0)

    def click(self, x, y, clicks=1):
        self.mouse("mousePressed", x, y, 1, clicks)
        self.mouse("mouseReleased", x, y, 0, clicks)

    def double_click(self, x, y):
        self.click(x, y)
        self.click(x, y, 2)

    def key(self, key, shift=False):
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, modifiers=8 if shift else 0)

    def box(self, selector):
        """Left, top, width and height of an element."""
        box = f"document.querySelector({json.dumps(selector)}).getBoundingClientRect()"
        return self.evaluate(f"(() => {{ const b = {box}; return [b.left, b.top, b.width, b.height]; }})()")

    def text(self, selector):
        return self.evaluate(f"document.querySelector({json.dumps(selector)}).textContent")

    def happened(self, method):
        return [event["params"] for event in self.events if event["method"] == method]

    def errors(self):
        return (self.happened("Runtime.exceptionThrown")
                + [said for said in self.happened("Runtime.consoleAPICalled") if said["type"] in ("error", "assert")]
                + [said for said in self.happened("Log.entryAdded") if said["entry"]["level"] in ("error", "warning")])

    def requests(self):
        return [params["request"]["url"] for params in self.happened("Network.requestWillBeSent")]

    def screenshot(self, path):
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))

    def close(self):
        os.close(self.to)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self.from_)
        self.profile.cleanup()
