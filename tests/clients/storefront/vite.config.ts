import react from '@vitejs/plugin-react';
import { defineConfig, type ProxyOptions } from 'vite';

// One origin for the shop and the API: no CORS, and the bank's page leads back here.
const target = process.env['API'] ?? 'http://127.0.0.1:8000';
// A stream that breaks off there ends here, too: the browser then connects again.
const api: ProxyOptions = {
  target,
  configure(proxy) {
    proxy.on('proxyRes', (answer, _request, response) => {
      answer.on('close', () => answer.complete || response.destroy());
    });
  },
};
const proxy = { '/graphql': api, '/sandbox': api };

export default defineConfig({
  plugins: [react()],
  server: { host: '127.0.0.1', proxy },
  preview: { host: '127.0.0.1', proxy },
});
