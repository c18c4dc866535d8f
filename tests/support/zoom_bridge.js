// The native side of the Zoom Apps SDK as WebView2 offers it, and nothing more: calls go to the test, answers and
// events come back from it. The SDK above it is the real file, unchanged.
(() => {
  const heard = [];
  const deliver = (data) => heard.forEach((hear) => hear({ data }));
  window.__native = { event: (name, data) => deliver({ type: 'event', name, data }) };
  window.chrome = window.chrome || {};
  window.chrome.webview = {
    addEventListener: (kind, hear) => kind === 'message' && heard.push(hear),
    postMessage: async (text) => {
      const { jsCallId, apiName, data } = JSON.parse(text);
      const answer = await window.__nativeCall(apiName, data ?? null);
      if (answer) deliver({ type: 'apiResponse', data: { jsCallId, ...answer } });
    },
  };
})();
