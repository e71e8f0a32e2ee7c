import { pageConfig } from '@pinwheel/page/vite';

export default pageConfig({
  page: 'operator',
  html: [new URL('index.html', import.meta.url)],
  proxy: { '^/(status|history|metrics|nodes|redis)': { target: 'http://127.0.0.1:3180' } },
});
