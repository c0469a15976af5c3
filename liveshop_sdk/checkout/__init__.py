"""Links, coupons, visits and orders: from a creator's word to a paid cart."""
