import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

// One origin for the shop and the API: no CORS, and the bank's page leads back here.
const target = process.env['API'] ?? 'http://127.0.0.1:8000';
const proxy = { '/graphql': target, '/sandbox': target };

export default defineConfig({
  plugins: [react()],
  server: { host: '127.0.0.1', proxy },
  preview: { host: '127.0.0.1', proxy },
});
