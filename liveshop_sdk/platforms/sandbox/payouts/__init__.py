"""The sandbox as a rail: pays nobody, and remembers whom it would have paid."""
