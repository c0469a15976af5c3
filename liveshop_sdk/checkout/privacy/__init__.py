"""What buyers and shops may ask of us: what is held of them, and that it goes."""
