import './style.css';
import { StrictMode, useMemo } from 'react';
import { createRoot } from 'react-dom/client';
import { BrowserRouter, Route, Routes } from 'react-router';
import { Provider } from 'urql';
import { createClient } from './client';
import { Layout } from './Layout';
import { Catalogue } from './pages/Catalogue';
import { Checkout } from './pages/Checkout';
import { OrderPage, Orders } from './pages/Orders';
import { SignIn } from './pages/SignIn';
import { Staff } from './pages/Staff';
import { useStored } from './stored';

function Shop() {
  const person = useStored('session')?.userId;
  const client = useMemo(createClient, [person]);
  return (
    <Provider key={person} value={client}>
      <Routes>
        <Route element={<Layout />}>
          <Route index element={<Catalogue />} />
          <Route path="cart" element={<Checkout />} />
          <Route element={<SignIn />}>
            <Route path="orders" element={<Orders />} />
            <Route path="orders/:number" element={<OrderPage />} />
            <Route path="staff" element={<Staff />} />
          </Route>
          <Route path="*" element={<h1>There is no such page</h1>} />
        </Route>
      </Routes>
    </Provider>
  );
}

createRoot(document.body).render(<StrictMode><BrowserRouter><Shop /></BrowserRouter></StrictMode>);
